"""A sign's page: what is on it, what it weighs, what it does not ask."""

import gzip
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

import connections
from convenience import cards
from kernel import clock
from qr import service, views
from qr.codes import check_character, pretty
from tests.conftest import ROOT
from tests.convenience.places import a_facility
from tests.pages import page_of
from tests.qr.signs import ALIPAY, BROWSER, HERE, WECHAT, Planted, a_sign, do


class Later:
    """Lets names be looked at again, as they are after some seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def __call__(self) -> None:
        self._patch.setattr(cards, "LOOK_AGAIN", timedelta(0))
        self._patch.setattr(connections, "_LOOK_AGAIN_S", 0.0)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    return Later(monkeypatch)


@pytest.fixture
def sign(session: Session) -> Planted:
    for number in range(5):
        a_facility(session, f"步行街{number}号公厕", north_m=100 + 90 * number, hours="24/7")
        a_facility(
            session,
            f"天街{number}号停车场",
            kind="parking",
            north_m=-50 - 80 * number,
            capacity=200,
            free_spaces=12,
            free_spaces_at=clock.now(),
        )
    return a_sign(session)


def test_the_page_names_the_place_and_the_nearest_three_of_each_kind(
    client: FlaskClient, sign: Planted
) -> None:
    answer = client.get(f"/s/{sign.code}", headers={"User-Agent": WECHAT})
    page = page_of(answer)

    assert page.headings[0] == "观音桥步行街路口"
    assert sign.number in page.text
    assert pretty(sign.code) in page.text
    assert [page.text.count(f"步行街{n}号公厕") > 0 for n in range(5)] == [True] * 3 + [False] * 2
    assert [page.text.count(f"天街{n}号停车场") > 0 for n in range(5)] == [True] * 3 + [False] * 2
    assert "往北 100 米" in page.text
    assert "24 小时" in page.text
    assert "空位 12 个" in page.text
    assert page.links["停车"] == "#parking"
    assert page.links["上厕所"] == "#toilet"
    assert page.links["上报这里的问题"] == f"/s/{sign.code}/report"
    assert page.links["导航到步行街0号公厕"].startswith("https://apis.map.qq.com/")
    for number in ("110", "119", "120", "12319"):
        assert f"tel:{number}" in page.html


def test_the_page_says_how_to_tell_a_genuine_plate(client: FlaskClient, sign: Planted) -> None:
    page = page_of(client.get(f"/s/{sign.code}"))

    assert "这块牌子是真的吗" in page.text
    assert "city.test" in page.text
    assert f"/s/{sign.code}/plate" in page.html


@pytest.mark.parametrize("agent", [WECHAT, ALIPAY, BROWSER, ""])
def test_the_page_sets_no_cookie_runs_no_script_and_asks_for_nothing(
    client: FlaskClient, sign: Planted, agent: str
) -> None:
    answer = client.get(f"/s/{sign.code}", headers={"User-Agent": agent})
    page = page_of(answer)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert {tag for tag, _ in page.tags} & {"script", "form", "iframe", "input"} == set()


def test_all_of_the_first_view_is_under_30_kb_even_unpacked(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    for kind in ("police_kiosk", "car_wash"):
        for number in range(3):
            a_facility(session, f"建新东路{number}号便民{kind}服务点", kind=kind, hours="24/7")
    page = client.get(f"/s/{sign.code}").data
    rest = sum(
        (ROOT / "static" / name).stat().st_size for name in ("portal.css", "sign.css", "mark.svg")
    )

    assert page.count(b"<li>") == 12
    assert b"weui.min.css" not in page
    assert len(page) + rest < 30 * 1024


def test_the_page_comes_packed_to_whom_can_unpack_it(client: FlaskClient, sign: Planted) -> None:
    packed = client.get(f"/s/{sign.code}", headers={"Accept-Encoding": "gzip, deflate, br"})
    plain = client.get(f"/s/{sign.code}")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data


def test_a_changed_place_shows_at_once(
    client: FlaskClient, session: Session, sign: Planted, later: Later
) -> None:
    assert "步行街0号公厕" in client.get(f"/s/{sign.code}").text
    session.execute(
        text("UPDATE convenience_facilities SET name = '新修的公厕' WHERE name = '步行街0号公厕'")
    )
    session.commit()
    later()

    assert "新修的公厕" in client.get(f"/s/{sign.code}").text


def test_a_renamed_site_shows_at_once(client: FlaskClient, session: Session, sign: Planted) -> None:
    client.get(f"/s/{sign.code}")
    session.execute(
        text("UPDATE qr_sites SET name = '新地名' WHERE id = :id"), {"id": sign.site_id}
    )
    session.commit()

    assert page_of(client.get(f"/s/{sign.code}")).headings[0] == "新地名"


def test_an_unchanged_page_is_not_made_again(
    client: FlaskClient, sign: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get(f"/s/{sign.code}").data

    def never(*_: object) -> str:
        raise AssertionError("made again")

    monkeypatch.setattr(views, "_page", never)
    assert client.get(f"/s/{sign.code}").data == first


# -- typed codes ---------------------------------------------------------------------------


def test_a_typed_code_forgives_and_leads_to_the_one_address(
    client: FlaskClient, sign: Planted
) -> None:
    loose = sign.code.lower().replace("0", "o").replace("1", "l")
    for typed in (f"{loose[:4]}-{loose[4:]}", f" {loose} ", pretty(sign.code)):
        answer = client.get("/s", query_string={"code": typed})
        assert answer.location == f"/s/{sign.code}", typed
        if typed.strip() == typed:
            assert client.get(f"/s/{typed}").location == f"/s/{sign.code}"


@pytest.mark.parametrize(
    "typed", ["x", "0000000", "A" * 5000, "%00%00", "..%2f..", "<script>", "４Ｆ７Ｋ", "\ud800"]
)
def test_garbage_is_no_sign(client: FlaskClient, typed: str) -> None:
    answer = client.get("/s", query_string={"code": typed.encode("utf-8", "replace")})
    assert answer.status_code == 404
    assert "没有这个标牌编号" in page_of(answer).text
    assert b"<script>" not in answer.data


def test_a_code_that_is_right_but_nobodys_is_counted_and_after_many_limited(
    client: FlaskClient, session: Session
) -> None:
    body = "ABCDEFG"
    code = body + check_character(body)
    statuses = [client.get(f"/s/{code}").status_code for _ in range(61)]

    assert statuses == [404] * 60 + [429]
    assert session.scalar(text("SELECT sum(scans) FROM qr_unknown_scans")) == 61


def test_who_guessed_too_often_still_gets_real_signs(client: FlaskClient, sign: Planted) -> None:
    for _ in range(62):
        client.get("/s/WRONGCODE")
    assert client.get("/s/WRONGCODE").status_code == 429
    assert client.get(f"/s/{sign.code}").status_code == 200


def test_a_burst_of_unknown_codes_raises_one_alarm(
    client: FlaskClient,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("qr.rules.BURST", 5)
    for _ in range(8):
        client.get("/s/WRONGCODE")

    assert session.scalar(text("SELECT count(*) FROM qr_alarms WHERE cleared_at IS NULL")) == 1
    warned = [line for line in caplog.messages if "unknown codes" in line]
    assert len(warned) == 1


# -- retired codes -------------------------------------------------------------------------


def test_a_retired_code_answers_and_points_to_the_nearest_sign(
    client: FlaskClient, session: Session
) -> None:
    old = a_sign(session, "拆掉的路口")
    near, far = a_sign(session, "隔壁路口", north_m=80), a_sign(session, "远处", north_m=5000)
    do(session, old.plate_id, "retire")
    answer = client.get(f"/s/{old.code}")

    assert answer.status_code == 410
    page = page_of(answer)
    assert f"/s/{near.code}" in page.html
    assert f"/s/{far.code}" not in page.html
    assert "80 米" in page.text
    assert client.get(f"/s/{old.code}/report").location == f"/s/{old.code}"


def test_the_last_retired_sign_still_answers(client: FlaskClient, session: Session) -> None:
    only = a_sign(session)
    do(session, only.plate_id, "retire")

    answer = client.get(f"/s/{only.code}")
    assert answer.status_code == 410
    assert "/nearby" in answer.text


def test_a_moved_plate_shows_its_new_place(client: FlaskClient, session: Session) -> None:
    plate, goal = a_sign(session), a_sign(session, "新地点", north_m=300, begins="plan")
    do(session, plate.plate_id, "move", site_number=goal.number)

    assert page_of(client.get(f"/s/{plate.code}")).headings[0] == "新地点"
    assert service.site_id_of(session, goal.number) == goal.site_id
    assert HERE[0] > 0
