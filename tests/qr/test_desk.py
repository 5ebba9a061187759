"""The operators' pages of signs."""

import uuid
from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts import Role
from kernel import clock
from qr import service, weighing
from qr.rules import PlateState
from qr.views import UNKNOWN
from tests import factories
from tests.pages import Form, page_of, sign_in_as, submit
from tests.qr.signs import Planted, a_sign, do, plate_of, scanned

SignIn = Callable[[Role], FlaskClient]


@pytest.fixture
def as_role(client: FlaskClient, session: Session) -> SignIn:
    def signed_in(role: Role) -> FlaskClient:
        sign_in_as(client, session, factories.a_member_of_staff(session, role=role))
        return client

    return signed_in


@pytest.fixture
def desk(as_role: SignIn) -> FlaskClient:
    return as_role(Role.DATA_EDITOR)


@pytest.fixture
def sign(session: Session) -> Planted:
    return a_sign(session)


def the_form(desk: FlaskClient, sign: Planted, move: str) -> Form:
    return page_of(desk.get(f"/console/signs/at/{sign.number}")).form(move)


def test_the_register_is_searched_and_filtered(
    desk: FlaskClient, session: Session, sign: Planted
) -> None:
    a_sign(session, "鸿恩寺公园南门", begins="plan")
    whole = page_of(desk.get("/console/signs/")).text
    assert "观音桥步行街路口" in whole
    assert "鸿恩寺公园南门" in whole
    for query, found in (
        ("q=鸿恩", "鸿恩寺"),
        ("state=planned", "鸿恩寺"),
        (f"q={sign.number}", "观音桥"),
        (f"q={sign.code.lower()}", "观音桥"),
    ):
        told = page_of(desk.get(f"/console/signs/?{query}"))
        rows = [words for words in told.headings if words[0] == "T"]
        assert len(rows) == 1, query
        assert found in rows[0]


@pytest.mark.parametrize(
    "query", ["q=%25", "q=%00", "state=x", "upkeep=x", "after=zzz", "after=.99999999999999999999"]
)
def test_a_list_whose_address_makes_no_sense_is_still_a_list(
    desk: FlaskClient, sign: Planted, query: str
) -> None:
    assert desk.get(f"/console/signs/?{query}").status_code == 200


def test_pages_follow_each_other_without_gap(
    desk: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qr.desk.PAGE_LENGTH", 2)
    numbers = [a_sign(session, number=f"N-{n}").number for n in range(5)]
    seen: list[str] = []
    address: str | None = "/console/signs/"
    while address:
        page = page_of(desk.get(address))
        seen += [words.split()[0] for words in page.headings if words.startswith("N-")]
        address = page.links.get("下一页")
    assert seen == numbers


def test_a_plate_is_checked_damaged_and_repaired_at_the_desk(
    desk: FlaskClient, session: Session, sign: Planted
) -> None:
    assert submit(desk, the_form(desk, sign, "check")).status_code == 303
    assert submit(desk, the_form(desk, sign, "damage"), note="被树挡住").status_code == 303
    photo = (BytesIO(factories.image_bytes()), "p.jpg")
    assert submit(desk, the_form(desk, sign, "repair"), photo=photo).status_code == 303

    page = page_of(desk.get(f"/console/signs/at/{sign.number}"))
    assert "被树挡住" in page.text
    shown = next(a["src"] for tag, a in page.tags if tag == "img" and "/photos/" in a["src"])
    assert desk.get(shown).mimetype == "image/jpeg"
    assert plate_of(session, sign.plate_id).state == PlateState.INSTALLED


def test_a_refusal_keeps_what_was_typed(desk: FlaskClient, session: Session, sign: Planted) -> None:
    form = the_form(desk, sign, "move")
    answer = submit(desk, form, site_number="NOWHERE", note="换个地方")
    assert answer.status_code == 422
    assert "请拍一张装好后的照片" in page_of(answer).text
    photo = (BytesIO(factories.image_bytes()), "p.jpg")
    answer = submit(desk, form, site_number="NOWHERE", note="换个地方", photo=photo)
    assert "移到哪个点位" in page_of(answer).text
    assert page_of(answer).form("move").fields["note"] == "换个地方"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"move": "explode"}, 422),
        ({"seen_version": "x"}, 422),
        ({"request_key": ""}, 422),
        ({"seen_version": "7"}, 409),
        ({"note": "长" * 301}, 422),
    ],
)
def test_garbage_moves_nothing(
    desk: FlaskClient,
    session: Session,
    sign: Planted,
    changed: dict[str, str],
    status: int,
) -> None:
    answer = submit(desk, the_form(desk, sign, "damage"), **{"note": "坏了", **changed})
    assert answer.status_code == status
    assert plate_of(session, sign.plate_id).version == 1


def test_what_is_not_there_is_not_found(desk: FlaskClient, sign: Planted) -> None:
    form = the_form(desk, sign, "check")
    assert desk.get("/console/signs/at/NONE").status_code == 404
    assert desk.get(f"/console/signs/plates/{sign.plate_id}/photos/1").status_code == 404
    token = form.fields["csrf_token"]
    gone = {"csrf_token": token, "move": "check", "seen_version": "1"}
    answer = desk.post(
        "/console/signs/plates/987654321", data={**gone, "request_key": uuid.uuid4().hex}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.ACCEPTOR, Role.SHOP_KEEPER, Role.BODY_STAFF])
def test_others_have_no_business_here(
    client: FlaskClient, session: Session, sign: Planted, role: Role
) -> None:
    body = factories.a_body(session)
    staff = factories.a_member_of_staff(session) if role is not Role.BODY_STAFF else None
    if staff is None:
        session.execute(
            text(
                "INSERT INTO accounts_staff (username, name, role, body_id, password_hash)"
                " VALUES ('bs', '张', 'body_staff', :body, 'none')"
            ),
            {"body": body},
        )
        staff = session.scalar(text("SELECT id FROM accounts_staff WHERE username = 'bs'"))
    else:
        session.execute(
            text("UPDATE accounts_staff SET role = :role WHERE id = :id"),
            {"role": role, "id": staff},
        )
    assert staff
    sign_in_as(client, session, staff)
    for address in ("", "usage", "patrol", "import", "export", f"at/{sign.number}"):
        assert client.get(f"/console/signs/{address}").status_code == 403, address


def test_an_inspector_walks_but_does_not_import(as_role: SignIn, sign: Planted) -> None:
    desk = as_role(Role.INSPECTOR)
    assert desk.get("/console/signs/patrol").status_code == 200
    assert desk.get("/console/signs/import").status_code == 403
    assert "导入" not in page_of(desk.get("/console/signs/")).links


def test_a_round_goes_from_the_nearest_to_the_next(desk: FlaskClient, session: Session) -> None:
    start, near, far = (a_sign(session, f"路口{m}", north_m=m) for m in (0, 200, 900))
    fine = a_sign(session, "好好的", north_m=100)
    for sign in (far, near):
        do(session, sign.plate_id, "damage")
    page = page_of(desk.get(f"/console/signs/patrol?from={start.number}"))

    stops = [words for words in page.headings if words[0].isdigit()]
    assert [words.split()[1] for words in stops] == [near.number, far.number]
    assert fine.number not in page.text
    assert "离上一处 200 米" in page.text
    assert "离上一处 700 米" in page.text
    assert desk.get("/console/signs/patrol?from=NONE&lat=x&why=y").status_code == 200


def test_usage_shows_the_silent_and_the_copied(
    desk: FlaskClient, session: Session, sign: Planted
) -> None:
    for day in range(6, 27):
        scanned(session, sign.code, day, 5)
    weighing.weigh(session)
    service.note_far_report(session, code=sign.code, report_no="JB1", distance_m=2240)
    session.commit()
    page = page_of(desk.get("/console/signs/usage")).text
    assert f"{sign.number} 观音桥步行街路口" in page
    assert "最远约 2200 米" in page
    upkeep = page_of(desk.get("/console/signs/?upkeep=silent"))
    assert sign.number in upkeep.text
    assert "比平时安静 1" in upkeep.text


def test_the_alarm_is_shown_until_somebody_has_looked(
    desk: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qr.rules.BURST", 3)
    UNKNOWN.forget()
    for _ in range(4):
        desk.get("/s/WRONGCODE")
    page = page_of(desk.get("/console/signs/"))
    assert "有人在大量试标牌码" in page.text
    form = next(form for form in page.forms if form.action.endswith("/alarm"))
    submit(desk, form)
    assert "有人在大量试标牌码" not in page_of(desk.get("/console/signs/")).text
    who = session.execute(text("SELECT cleared_at, staff_id FROM qr_alarms")).one()
    assert who.cleared_at <= clock.now()
    assert who.staff_id


def test_a_list_is_checked_then_brought_in(desk: FlaskClient, session: Session) -> None:
    data = "编号,名称,纬度,经度\nJB-1,路口,29.5745,106.53\nJB-2,海里,1,1\n".encode()
    form = next(
        form
        for form in page_of(desk.get("/console/signs/import")).forms
        if form.action.endswith("/import")
    )
    sent = {"datum": "wgs84", "file": (BytesIO(data), "a.csv")}
    checked = page_of(submit(desk, form, do="check", **sent)).text
    assert "没有写入" in checked
    assert "第 3 行" in checked
    assert session.scalar(text("SELECT count(*) FROM qr_sites")) == 0
    sent["file"] = (BytesIO(data), "a.csv")
    assert "新增 1" in page_of(submit(desk, form, do="apply", **sent)).text
    assert session.scalar(text("SELECT count(*) FROM qr_sites")) == 1
    for wrong in ({"datum": "wgs84"}, {"datum": "mars", "file": (BytesIO(data), "a.csv")}):
        assert submit(desk, form, do="apply", **wrong).status_code == 422


def test_the_register_comes_as_a_workbook(desk: FlaskClient, sign: Planted) -> None:
    answer = desk.get("/console/signs/export")
    assert answer.data.startswith(b"PK")
    assert "attachment" in answer.headers["Content-Disposition"]
