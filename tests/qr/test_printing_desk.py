"""Printing at the desk: asked for once, made and read back by a worker, released or refused."""

import hashlib
import io
import json
from datetime import timedelta

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accounts import Role
from kernel import clock
from kernel.errors import Refusal
from qr import print_jobs, tasks
from qr.printing import NotAsPlanned
from qr.rules import PlateState, PrintState
from qr.upkeep_models import PrintJob
from tests import factories
from tests.pages import Form, page_of, sign_in_as, submit
from tests.qr.signs import Planted, a_sign, do, plate_of


@pytest.fixture
def desk(client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr("qr.desk_print._same_on_all", same_on_all)
    sign_in_as(client, session, factories.a_member_of_staff(session, role=Role.DATA_EDITOR))
    return client


def same_on_all() -> dict[str, str]:
    return {
        "public_url": "https://city.test",
        "district_name": "重庆市江北区",
        "hotline": "12319",
    }


def wish(**changed: object) -> print_jobs.Wish:
    return print_jobs.Wish(**{"layout": "sticker", **same_on_all(), **changed})  # type: ignore[arg-type]  # as given


def ask(session: Session, **changed: object) -> int:
    staff_id = factories.a_member_of_staff(session)
    made = print_jobs.ask(session, wish(**changed), request_key=factories.key(), staff_id=staff_id)
    session.commit()
    return made


def job_of(session: Session, job_id: int) -> PrintJob:
    session.expire_all()
    return session.scalars(select(PrintJob).where(PrintJob.id == job_id)).one()


def the_form(desk: FlaskClient, address: str = "/console/signs/print") -> Form:
    page = page_of(desk.get(address))
    return next(form for form in page.forms if form.action == "/console/signs/print")


@pytest.fixture
def planned(session: Session) -> list[Planted]:
    return [a_sign(session, f"路口{n}", north_m=n, begins="plan") for n in range(3)]


def test_a_batch_is_asked_for_made_read_back_and_fetched(
    desk: FlaskClient, session: Session, planned: list[Planted]
) -> None:
    form = the_form(desk)
    chosen = f"{planned[0].number.lower()}，{planned[2].number}"
    asked = submit(desk, form, layout="sticker", numbers=chosen)
    assert submit(desk, form, layout="sticker", numbers=chosen).location == asked.location
    job_id = session.scalars(select(PrintJob.id)).one()
    waiting = desk.get(asked.location)
    assert waiting.headers["Refresh"] == "3"
    assert "0 / 2" in page_of(waiting).text
    assert desk.get(f"{asked.location}/plates.pdf").status_code == 404

    tasks.print_batch(job_id)

    over = desk.get(asked.location)
    assert "Refresh" not in over.headers
    assert "2 块都已读回核对" in page_of(over).text
    assert desk.get(f"{asked.location}/plates.pdf").data.startswith(b"%PDF")
    manifest = json.loads(desk.get(f"{asked.location}/manifest.json").data)
    assert [plate["code"] for plate in manifest["plates"]] == [planned[0].code, planned[2].code]
    listed = desk.get(f"{asked.location}/plates.csv").data
    hashes = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert hashlib.sha256(listed).hexdigest() == hashes["plates.csv"]
    states = [plate_of(session, sign.plate_id).state for sign in planned]
    assert states == [PlateState.PRINTED, PlateState.PLANNED, PlateState.PRINTED]
    assert desk.get(f"{asked.location}/../../etc/passwd").status_code == 404


def test_a_batch_is_printed_again_and_its_plates_stay_as_they_are(
    desk: FlaskClient, session: Session, planned: list[Planted]
) -> None:
    first = ask(session, numbers=(planned[0].number,))
    tasks.print_batch(first)
    batch_id = job_of(session, first).batch_id
    do(session, planned[0].plate_id, "install")
    again = the_form(desk, f"/console/signs/print?again={batch_id}")
    asked = submit(desk, again, layout="wall")
    job = session.scalars(select(PrintJob).order_by(PrintJob.id.desc())).first()
    assert job
    tasks.print_batch(job.id)
    assert "第" in page_of(desk.get(asked.location)).text
    assert job_of(session, job.id).batch_id == batch_id
    assert plate_of(session, planned[0].plate_id).state == PlateState.INSTALLED


def test_what_cannot_be_printed_is_refused_with_its_name(
    desk: FlaskClient, session: Session, planned: list[Planted]
) -> None:
    form = the_form(desk)
    hangs = a_sign(session)
    for changed, words in (
        ({"numbers": f"{planned[0].number} {hangs.number} NOWHERE"}, f"NOWHERE、{hangs.number}"),
        ({"layout": "postcard"}, "没有这种版式"),
        ({"request_key": "x"}, "刷新"),
        ({"again": "99999999"}, "没有等待印制"),
        ({"numbers": "\x00'; DROP" * 50}, "没有等待印制"),
    ):
        answer = submit(desk, form, **{"layout": "sticker", **changed})
        assert answer.status_code in (409, 422), changed
        assert words in page_of(answer).text
    assert session.scalars(select(PrintJob.id)).all() == []


def test_no_plate_is_in_two_batches_at_once(session: Session, planned: list[Planted]) -> None:
    ask(session, numbers=(planned[0].number,))
    with pytest.raises(Refusal, match="正在印制"):
        ask(session)
    assert print_jobs.waiting_plates(session) == 2
    ask(session, numbers=(planned[1].number,))


def test_a_fault_in_the_file_releases_nothing_and_says_so(
    desk: FlaskClient, session: Session, planned: list[Planted], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(*_: object) -> None:
        raise NotAsPlanned("第 1 页的牌子读不出。")

    monkeypatch.setattr("qr.printing.batch.read_back", found)
    job_id = ask(session)
    tasks.print_batch(job_id)

    page = page_of(desk.get(f"/console/signs/print/{job_id}")).text
    assert "第 1 页的牌子读不出" in page
    assert "没有放出任何文件" in page
    assert plate_of(session, planned[0].plate_id).state == PlateState.PLANNED


def test_a_plate_that_was_retired_meanwhile_stops_the_batch(
    session: Session, planned: list[Planted]
) -> None:
    job_id = ask(session)
    do(session, planned[1].plate_id, "retire")
    tasks.print_batch(job_id)
    job = job_of(session, job_id)
    assert (job.state, job.files) == (PrintState.REFUSED, None)
    assert plate_of(session, planned[0].plate_id).state == PlateState.PLANNED


def test_a_job_that_somebody_is_at_is_left_alone_and_one_that_was_left_is_found(
    session: Session, planned: list[Planted], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = ask(session, numbers=(planned[0].number,))
    work = print_jobs._claim(session, job_id)
    session.commit()
    assert work is not None
    assert print_jobs._claim(session, job_id) is None
    assert print_jobs.unfinished(session) == []
    later = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert print_jobs.unfinished(session) == [job_id]
    tasks.print_batch(job_id)
    assert job_of(session, job_id).state == PrintState.RELEASED
    # Who was thought dead comes back: his file is not released a second time.
    with pytest.raises(print_jobs.Lost):
        print_jobs._release(session, work, {})


def test_a_job_that_kills_its_workers_ends(session: Session, planned: list[Planted]) -> None:
    job_id = ask(session)
    session.execute(text("UPDATE qr_print_jobs SET attempts = 3"))
    session.commit()
    tasks.print_batch(job_id)
    assert "印了三次都中断了" in (job_of(session, job_id).refusal or "")
    tasks.sweep_prints()
    assert print_jobs.unfinished(session) == []


def test_a_single_plate_is_drawn_and_says_its_address(
    desk: FlaskClient, session: Session, planned: list[Planted]
) -> None:
    address = f"/console/signs/plates/{planned[0].plate_id}/plate"
    png = desk.get(f"{address}.png?layout=sticker")
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.data)).convert("L"))
    assert [each.text for each in found] == [f"https://city.test/s/{planned[0].code}"]
    svg = desk.get(f"{address}.svg?layout=wall")
    assert svg.mimetype == "image/svg+xml"
    assert planned[0].number in svg.text
    assert desk.get(f"{address}.png?layout=x").status_code == 422
    assert desk.get("/console/signs/plates/99999/plate.png").status_code == 404


@pytest.mark.parametrize("page", ["print", "print/1", "print/1/plates.pdf", "check-files"])
def test_an_inspector_does_not_print(client: FlaskClient, session: Session, page: str) -> None:
    sign_in_as(client, session, factories.a_member_of_staff(session, role=Role.INSPECTOR))
    assert client.get(f"/console/signs/{page}").status_code == 403


def test_the_database_keeps_what_a_job_says_true(session: Session, planned: list[Planted]) -> None:
    job_id = ask(session)
    for wrong in (
        "state = 'released', ended_at = now()",
        "state = 'refused', ended_at = now()",
        "ended_at = now()",
        "state = 'sung'",
        "plate_ids = '{}'",
    ):
        with pytest.raises(Exception, match="violates check"), session.begin_nested():
            session.execute(
                text(f"UPDATE qr_print_jobs SET {wrong} WHERE id = :id"),  # noqa: S608  # listed above
                {"id": job_id},
            )
