"""A list at the desk: uploaded, described, checked and imported by a worker, undone."""

from io import BytesIO

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from convenience import import_tasks, lists_at_work
from convenience.live_models import ImportTask
from convenience.models import Facility, Import, SavedMapping
from kernel import clock
from tests.convenience.desks import IMPORTS, LIST, Desk
from tests.convenience.files import a_row, bring_in, table, ten_rows
from tests.convenience.places import a_facility
from tests.pages import page_of

pytestmark = pytest.mark.usefixtures("fresh")


def upload(desk: Desk, data: bytes, name: str = "公厕.csv") -> TestResponse:
    return desk.send(IMPORTS, IMPORTS, file=(BytesIO(data), name))


def check(desk: Desk, address: str, **changed: object) -> TestResponse:
    page = desk.page(address)
    form = next(form for form in page.forms if form.fields.get("move") == "check")
    sent = desk.send(
        address, address, **{**form.fields, "datum": "wgs84", "kind": "toilet", **changed}
    )
    work(address)
    return sent


def work(address: str) -> None:
    """Let a worker do what waits; it tells nothing on its way, on this test's one connection."""
    lists_at_work.work(int(address.rsplit("/", 1)[1]), is_told=False)


def bring(desk: Desk, address: str) -> TestResponse:
    """Confirm what was checked."""
    sent = desk.send(address, address, move="apply")
    work(address)
    return sent


def test_a_list_comes_in_by_the_dialogue_and_goes_out_again(desk: Desk, session: Session) -> None:
    address = upload(desk, table(ten_rows(经度="29.57"))).location
    page = desk.page(address)
    form = next(form for form in page.forms if form.fields.get("move") == "check")
    assert form.fields["column-longitude"] == "经度"
    assert form.fields["column-is_free"] == "免费"
    without = check(desk, address, datum="")
    assert without.status_code == 422
    assert "坐标系" in page_of(without).alerts[0]
    check(desk, address, source="census", save_as="公厕普查")
    page = desk.page(address)
    assert "新增 9" in page.text
    assert "不能导入 1" in page.text
    faults = desk.client.get(f"{address}/faults.csv").get_data(as_text=True)
    assert "T-3" in faults
    assert session.scalar(select(Facility.id)) is None
    assert session.scalars(select(SavedMapping.name)).all() == ["公厕普查"]
    assert bring(desk, address).status_code == 303
    assert len(session.scalars(select(Facility.id)).all()) == 9
    assert desk.send(address, address, move="apply").status_code == 422
    assert desk.send(address, address, move="undo").status_code == 303
    session.expire_all()
    assert all(session.scalars(select(Facility.removed_at)).all())
    assert desk.send(address, address, move="undo").status_code == 409


def test_what_was_seen_is_what_is_done(desk: Desk, session: Session) -> None:
    address = upload(desk, table(ten_rows())).location
    check(desk, address)
    bring_in(session, table([a_row(2, 名称="别人先导入的")]))
    session.commit()
    bring(desk, address)
    assert "又有了变化" in desk.page(address).alerts[0]
    assert session.scalars(select(Import.state).order_by(Import.id)).all()[0] == "checked"
    check(desk, address)
    bring(desk, address)
    assert desk.page(address).alerts == []
    assert len(session.scalars(select(Facility.id)).all()) == 10


def test_nothing_is_imported_before_it_was_checked(desk: Desk, session: Session) -> None:
    address = upload(desk, table(ten_rows())).location
    assert desk.send(address, address, move="apply").status_code == 422
    assert desk.send(address, address, move="nonsense").status_code == 422
    assert session.scalar(select(Facility.id)) is None
    assert desk.client.get(f"{address}/faults.csv").status_code == 404
    assert desk.client.get(f"{IMPORTS}999").status_code == 404


def test_while_a_worker_is_busy_the_page_says_how_far_it_is(desk: Desk, session: Session) -> None:
    address = upload(desk, table(ten_rows())).location
    number = int(address.rsplit("/", 1)[1])
    assert desk.client.get(f"{address}/progress").status_code == 204
    form = next(form for form in desk.page(address).forms if form.fields.get("move") == "check")
    asked = {**form.fields, "datum": "wgs84", "kind": "toilet"}
    desk.send(address, address, **asked)
    assert "排队中" in desk.page(address).text
    import_tasks.tell(session, number, 30, 120)
    session.commit()
    assert "已读 25%" in desk.client.get(f"{address}/progress").get_data(as_text=True)
    token = desk.page(IMPORTS).forms[0].fields["csrf_token"]
    twice = desk.client.post(address, data={**asked, "csrf_token": token})
    assert twice.status_code == 409
    work(address)
    assert desk.client.get(f"{address}/progress").status_code == 204
    assert "新增 10" in desk.page(address).text


def test_what_kills_its_worker_is_tried_three_times_and_then_said(
    desk: Desk, session: Session
) -> None:
    address = upload(desk, table(ten_rows())).location
    number = int(address.rsplit("/", 1)[1])
    form = next(form for form in desk.page(address).forms if form.fields.get("move") == "check")
    desk.send(address, address, **{**form.fields, "datum": "wgs84", "kind": "toilet"})
    for _ in range(3):
        assert import_tasks.claim(session, number) is not None
        assert import_tasks.claim(session, number) is None, "it is another's"
        assert import_tasks.waiting(session) == []
        session.execute(update(ImportTask).values(claimed_until=clock.now()))
        assert import_tasks.waiting(session) == [number]
    assert import_tasks.claim(session, number) is None
    session.commit()
    assert "没有做完" in desk.page(address).alerts[0]
    assert check(desk, address).status_code == 303, "it may be asked for again"


def test_older_imports_and_changes_are_a_page_away(desk: Desk, session: Session) -> None:
    session.add_all(
        Import(state="received", file_name=f"名单{n}", file_key="x", sha256="0") for n in range(52)
    )
    session.commit()
    first = desk.page(IMPORTS)
    assert "名单51" in first.text
    assert "名单1" not in first.links
    older = desk.page(f"{IMPORTS}{first.links['更早的'].split('/')[-1]}")
    assert "名单1" in older.links
    assert "回到最新" in older.links
    assert desk.page(f"{IMPORTS}?before=x").text == first.text
    made = a_facility(session, code="c-9")
    for n in range(40):
        made.name = f"改{n}"
        session.commit()
    shown = desk.page(f"{LIST}c-9")
    assert shown.html.count("<strong>修改") == 30
    assert "更早的经过" in shown.links
    whole = desk.page(f"{LIST}c-9?steps=90")
    assert "更早的经过" not in whole.links
    assert whole.html.count("<strong>修改") == 40


def test_a_saved_mapping_is_chosen_by_its_name(desk: Desk, session: Session) -> None:
    session.add(
        SavedMapping(name="mine", toml='datum="bd09"\nkind="toilet"\n[columns]\nname="地址"\n')
    )
    session.commit()
    address = upload(desk, table(ten_rows())).location
    form = desk.page(f"{address}?mapping=saved:mine").forms[-1]
    assert (form.fields["datum"], form.fields["column-name"]) == ("bd09", "地址")
    assert desk.client.get(f"{address}?mapping=saved:none").status_code == 404
    assert desk.client.get(f"{address}?mapping=../../x").status_code == 404


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"PK\x03\x04rubbish", b"\0\1\2", b"[[[[[", b"1,2\n3,4"]
)
def test_what_is_no_list_is_refused_at_the_door(desk: Desk, session: Session, data: bytes) -> None:
    response = upload(desk, data)
    assert response.status_code == 422
    assert page_of(response).alerts
    assert session.scalar(select(Import.id)) is None


def test_a_form_cannot_name_columns_that_are_not_there(desk: Desk) -> None:
    address = upload(desk, table(ten_rows())).location
    response = check(desk, address, **{"column-name": "密码"})
    assert response.status_code == 422
    assert check(desk, address, source="长" * 65).status_code == 422
    assert check(desk, address, complete="1").status_code == 422
