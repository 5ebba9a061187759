"""Residents' pages: without scripts, without cookies, without knowing where somebody is."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from convenience.models import Correction
from geo import datums
from kernel import blobs, clock
from kernel.settings import Settings
from kernel.web import HEADERS
from tests import factories
from tests.convenience.places import HERE, a_facility
from tests.pages import Page, page_of

pytestmark = pytest.mark.usefixtures("fresh")
AT_HERE = f"/nearby/toilet?lat={HERE[0]}&lng={HERE[1]}&datum=wgs84"


def page(client: FlaskClient, address: str, *, status: int = 200) -> Page:
    response = client.get(address)
    assert response.status_code == status
    assert "Set-Cookie" not in response.headers
    return page_of(response)


def shown(found: Page) -> list[str]:
    """Return the names of the places listed, without the numbers before them."""
    listed = [heading for heading in found.headings if re.match(r"\d", heading)]
    return [re.sub(r"^\d+", "", heading) for heading in listed]


def test_the_kinds_are_one_tap_away(client: FlaskClient) -> None:
    found = page(client, "/nearby")
    for name in ("公厕", "治安岗亭", "停车场", "洗车点"):
        assert found.links[name].startswith("/nearby/")


def test_kinds_carry_the_place_on(client: FlaskClient) -> None:
    gcj = datums.wgs84_to_gcj02(*HERE)
    found = page(client, f"/nearby?lat={gcj[0]}&lng={gcj[1]}&datum=gcj02")
    assert found.links["公厕"] == "/nearby/toilet?lat=29.57450&lng=106.53000&datum=wgs84"


def test_without_a_place_one_is_asked_for_and_streets_are_offered(
    client: FlaskClient, session: Session
) -> None:
    a_facility(session, street="观音桥步行街")
    found = page(client, "/nearby/toilet")
    assert found.headings[0] == "附近的公厕"
    assert shown(found) == []
    (form,) = found.forms
    assert (form.method, form.action, form.fields) == ("get", "/nearby/toilet", {"q": ""})
    by_street = page(client, found.links["观音桥步行街"])
    assert shown(by_street) == ["观音桥步行街公厕"]


def test_the_nearest_come_first_with_all_that_one_must_know(
    client: FlaskClient, session: Session
) -> None:
    a_facility(session, "远处公厕", north_m=700, hours="24/7")
    a_facility(
        session,
        "近处公厕",
        north_m=-350,
        hours="24/7",
        is_free=True,
        is_accessible=False,
        address="步行街3号",
        is_doubtful=True,
    )
    found = page(client, AT_HERE)
    assert shown(found) == ["近处公厕", "远处公厕"]
    for words in (
        "往南 350 米，步行约 7 分钟",
        "24 小时开放",
        "免费",
        "没有无障碍设施",
        "步行街3号",
        "有人说这里情况有变",
        "直线距离",
    ):
        assert words in found.text
    assert {"腾讯地图", "高德地图", "百度地图", "苹果地图", "手机自带地图"} <= found.links.keys()


def test_parking_says_how_many_are_free_and_how_old_that_is(
    client: FlaskClient, session: Session
) -> None:
    now = clock.now()
    for number, minutes in enumerate((2, 30)):
        a_facility(
            session,
            f"第{number}停车场",
            kind="parking",
            north_m=number,
            capacity=100,
            free_spaces=7,
            free_spaces_at=now - timedelta(minutes=minutes),
            fee="每小时 5 元",
            is_free=False,
        )
    found = page(client, AT_HERE.replace("toilet", "parking"))
    assert "空位 7 个（2 分钟前），共 100 个" in found.text
    assert "共 100 个车位，空位不详" in found.text
    assert found.text.count("空位 7 个") == 1
    assert "收费：每小时 5 元" in found.text
    only = page(client, found.links["有空位"])
    assert shown(only) == ["第0停车场"]


def test_switches_are_links_that_go_on_and_off(client: FlaskClient, session: Session) -> None:
    a_facility(session, "不详", north_m=1)
    a_facility(session, "通宵", north_m=2, hours="24/7", is_accessible=True)
    everything = page(client, AT_HERE)
    open_now = page(client, everything.links["现在开放"])
    assert shown(open_now) == ["通宵"]
    both = page(client, open_now.links["无障碍"])
    assert shown(both) == ["通宵"]
    free_too = page(client, both.links["免费"])
    assert shown(free_too) == []
    assert "请去掉上面的条件" in free_too.text
    back = page(client, both.links["✓ 无障碍，已选，再点取消"])
    assert shown(page(client, back.links["✓ 现在开放，已选，再点取消"])) == ["不详", "通宵"]


def test_the_nearest_that_is_open_is_not_missed_behind_closed_ones(
    client: FlaskClient, session: Session
) -> None:
    for number in range(12):
        a_facility(session, f"关门{number}", north_m=number, hours="Jan 1 off")
    a_facility(session, "通宵公厕", north_m=2000, hours="24/7")
    found = page(client, AT_HERE)
    assert "通宵公厕" not in shown(found)
    assert "最近的、现在开放的：" in found.text
    assert "往北 2.0 公里，24 小时开放" in found.text
    assert found.links["通宵公厕"].startswith("/facilities/")
    farther = page(client, found.links["再看远一点的"])
    assert "通宵公厕" in shown(farther)


def test_words_find_without_a_place(client: FlaskClient, session: Session) -> None:
    a_facility(session, "观音桥步行街公厕")
    a_facility(session, "北城天街停车场", kind="parking")
    for typed in ("观音桥", "guanyinqiao", "gyq", "观阴桥", "观音桥 厕所"):
        assert shown(page(client, f"/nearby/toilet?q={typed}")) == ["观音桥步行街公厕"], typed
    around = page(client, "/nearby/toilet?q=北城天街")
    assert "「北城天街」没有公厕，下面是离那里最近的" in around.text
    nothing = page(client, "/nearby/toilet?q=火星")
    assert "没有找到「火星」一带的公厕" in nothing.text
    everywhere = page(client, "/nearby?q=北城天街")
    assert shown(everywhere) == ["北城天街停车场"]
    assert "没有找到「火星」" in page(client, "/nearby?q=火星").text


@pytest.mark.parametrize(
    "typed", ["<script>", "%00%01", "'; DROP", "🚽" * 99, "厕所", "%E2%80%8B", " "]
)
def test_odd_words_break_nothing(client: FlaskClient, session: Session, typed: str) -> None:
    a_facility(session)
    for address in (f"/nearby?q={typed}", f"/nearby/toilet?q={typed}"):
        assert "<script>" not in page(client, address).html


def test_a_broken_place_is_said_and_words_are_asked_for(client: FlaskClient) -> None:
    for query in ("lat=nan&lng=1", "lat=29.5", "lat=106.5&lng=29.5", "lat=29&lng=106&datum=x"):
        found = page(client, f"/nearby/toilet?{query}", status=422)
        assert len(found.alerts) >= 1
        assert found.forms


def test_who_is_far_away_is_told(client: FlaskClient, session: Session) -> None:
    a_facility(session)
    found = page(client, "/nearby/toilet?lat=31.2304&lng=121.4737")
    assert "您的位置在重庆市江北区以外约 14" in found.text
    assert "步行约" not in found.text


def test_an_unknown_kind_is_a_page_that_says_so(client: FlaskClient) -> None:
    assert "没有这一类设施" in page(client, "/nearby/castle", status=404).text


def test_made_up_places_are_called_so(client: FlaskClient, session: Session) -> None:
    made = a_facility(session, is_demo=True)
    for address in (AT_HERE, "/nearby/toilet?q=观音桥", f"/facilities/{made.code}"):
        assert "是演示数据" in page(client, address).text.replace("演示数据，不是真实案件", "")


def test_a_schematic_map_shows_the_places_and_oneself(
    client: FlaskClient, session: Session
) -> None:
    for number in range(3):
        a_facility(session, f"{number}号公厕", north_m=100 * number)
    found = page(client, AT_HERE)
    assert [given["class"] for tag, given in found.tags if tag in ("svg", "g", "circle") and "class" in given] == [
        "map", "map__here", "map__mark", "map__mark", "map__mark", "map__bar", "map__north",
    ]  # fmt: skip
    assert "style=" not in found.html  # the policy forbids it


# -- one facility ----------------------------------------------------------------------------


def test_a_facility_has_a_page(client: FlaskClient, session: Session) -> None:
    made = a_facility(
        session, hours="Mo-Fr 08:00-18:00", phone="023-6785 0000", keeper="区环卫所", gender="both"
    )
    found = page(client, f"/facilities/{made.code}")
    assert found.headings[0] == made.name
    assert "周一至周五 08:00–18:00" in found.text
    assert found.links["023-6785 0000"] == "tel:023-67850000"
    assert "还没有人去看过" in found.text


def test_a_removed_facility_leads_to_others(client: FlaskClient, session: Session) -> None:
    made = a_facility(session, removed_at=clock.now(), removal_reason="道路改造")
    found = page(client, f"/facilities/{made.code}", status=410)
    assert "这里已经不在了：道路改造" in found.text
    assert found.links["找别的公厕"] == "/nearby/toilet"
    assert page(client, "/facilities/none", status=404)


def test_a_photo_is_served(client: FlaskClient, session: Session) -> None:
    data = factories.image_bytes()
    made = a_facility(session, photo_key=blobs.store().put(data, "jpg"))
    answer = client.get(f"/facilities/{made.code}/photo")
    assert (answer.mimetype, answer.get_data()) == ("image/jpeg", data)
    lost = a_facility(session, photo_key="0" * 64 + ".jpg")
    for code in (lost.code, a_facility(session).code, "none"):
        assert client.get(f"/facilities/{code}/photo").status_code == 404


def test_the_script_asks_for_nothing_but_the_place() -> None:
    script = Path("static/nearby.js").read_text("utf-8")
    assert "fetch" not in script
    assert "http" not in script
    assert "cookie" not in script


# -- what residents say of it ----------------------------------------------------------------


def corrections(session: Session) -> list[tuple[str, str | None]]:
    session.expire_all()
    rows = session.scalars(select(Correction).order_by(Correction.id))
    return [(row.kind, row.note) for row in rows]


def test_a_correction_is_one_tap_and_counts_once(client: FlaskClient, session: Session) -> None:
    made = a_facility(session)
    form = next(
        form for form in page(client, f"/facilities/{made.code}").forms if "wrong" in form.action
    )
    assert (form.method, form.fields) == ("post", {"note": ""})
    for _ in range(2):
        answer = client.post(form.action, data={"wrong": "closed", "note": "门锁了"})
        assert answer.status_code == 303
        assert "Set-Cookie" not in answer.headers
    assert corrections(session) == [("closed", "门锁了")]
    assert "谢谢您，记下了" in page(client, answer.location).text


def test_an_address_is_not_kept_with_what_somebody_said(
    client: FlaskClient, session: Session
) -> None:
    made = a_facility(session)
    there = {"REMOTE_ADDR": "203.0.113.77"}
    client.post(f"/facilities/{made.code}/wrong", data={"wrong": "hours"}, environ_base=there)
    row = session.scalars(select(Correction)).one()
    assert re.fullmatch(r"[0-9a-f]{16}", row.client_key or "")
    assert "203.0.113.77" not in repr(vars(row))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.test"},
    ],
)
def test_a_form_of_another_site_is_refused(
    client: FlaskClient, session: Session, headers: dict[str, str]
) -> None:
    made = a_facility(session)
    for action, data in (("wrong", {"wrong": "closed"}), ("stars", {"stars": "1"})):
        answer = client.post(f"/facilities/{made.code}/{action}", data=data, headers=headers)
        assert answer.status_code == 403
    assert corrections(session) == []


def test_stars_are_given_shown_and_counted_once(client: FlaskClient, session: Session) -> None:
    made = a_facility(session)
    for stars in ("2", "5"):
        answer = client.post(
            f"/facilities/{made.code}/stars",
            data={"stars": stars},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status_code == 303
    found = page(client, answer.location)
    assert "谢谢您的评分" in found.text
    assert "5.0 分（1 人）" in found.text


@pytest.mark.parametrize(
    ("action", "data", "status"),
    [
        ("wrong", {}, 422),
        ("wrong", {"wrong": "beautiful"}, 422),
        ("wrong", {"wrong": "closed", "note": "长" * 501}, 422),
        ("stars", {}, 422),
        ("stars", {"stars": "6"}, 422),
        ("stars", {"stars": "five"}, 422),
    ],
)
def test_what_was_not_on_the_page_is_refused(
    client: FlaskClient, session: Session, action: str, data: dict[str, str], status: int
) -> None:
    made = a_facility(session)
    assert client.post(f"/facilities/{made.code}/{action}", data=data).status_code == status
    assert client.post(f"/facilities/none/{action}", data=data).status_code == 404
    assert corrections(session) == []


# -- a map of tiles, by setting -------------------------------------------------------------

TILES = "https://tiles.example/{z}/{x}/{y}.png"


@pytest.fixture
def with_tiles(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def switch_on(**more: str) -> None:
        real = app.extensions["baixing_settings"]
        made = real.model_copy(update={"map_tiles": TILES, "map_tiles_credit": "© 某图"} | more)
        monkeypatch.setitem(app.extensions, "baixing_settings", made)

    return switch_on


def test_without_a_setting_no_page_knows_of_tiles(client: FlaskClient, session: Session) -> None:
    a_facility(session, code="t")
    for address in (AT_HERE, "/facilities/t"):
        answer = client.get(address)
        assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
        assert "tile-map" not in answer.text


def test_tiles_are_named_and_let_in_on_pages_with_places_alone(
    client: FlaskClient, session: Session, with_tiles: Callable[..., None]
) -> None:
    made = a_facility(session, "<b>公厕", code="t")
    with_tiles()
    for address, here in ((AT_HERE, list(HERE)), ("/facilities/t", None)):
        answer = client.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "img-src 'self' https://tiles.example data:" in policy
        assert policy.replace(" https://tiles.example", "") == HEADERS["Content-Security-Policy"]
        box = next(a for _, a in page_of(answer).tags if "data-tile-map" in a)
        drawn = json.loads(box["data-tile-map"])
        assert (drawn["here"], drawn["credit"], drawn["tiles"]) == (here, "© 某图", TILES)
        assert drawn["places"] == [[round(made.latitude, 6), made.longitude, "<b>公厕"]]
    for address in ("/nearby", "/nearby/toilet", "/nearby/parking?lat=29.5&lng=106.5"):
        assert "tiles.example" not in client.get(address).headers["Content-Security-Policy"]


def test_points_are_drawn_in_the_datum_of_the_tiles(
    client: FlaskClient, session: Session, with_tiles: Callable[..., None]
) -> None:
    a_facility(session)
    with_tiles(map_tiles_datum="gcj02")
    box = next(a for _, a in page(client, AT_HERE).tags if "data-tile-map" in a)
    assert json.loads(box["data-tile-map"])["here"] == pytest.approx(
        datums.wgs84_to_gcj02(*HERE), abs=1e-6
    )


@pytest.mark.parametrize(
    "wrong",
    ["tiles.example/{z}/{x}/{y}", "https://tiles.example/{z}/{x}", "https://a b/{z}/{x}/{y}",
     "https://*/{z}/{x}/{y}", "https://h; script-src */{z}/{x}/{y}", "https://h/{z}/{x}/{y};x"],
)  # fmt: skip
def test_a_source_that_could_widen_the_policy_is_no_setting(settings: Settings, wrong: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(settings.model_dump() | {"map_tiles": wrong})
