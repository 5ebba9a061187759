"""Links to other people's maps: the right datum, the right order, and names that break nothing."""

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from convenience import navigation
from geo import datums
from geo.geodesic import distance_m

PLACE = (29.5745, 106.5300)
GCJ02 = datums.wgs84_to_gcj02(*PLACE)
BD09 = datums.gcj02_to_bd09(*GCJ02)
NASTY = '公厕, A&B;#1|C?(二)：<x> "y" 100%'


def link(provider: str, name: str = "观音桥公厕") -> str:
    return next(each.url for each in navigation.links(*PLACE, name) if each.app == provider)


def asked(provider: str, name: str = "观音桥公厕") -> dict[str, str]:
    parameters = parse_qs(urlsplit(link(provider, name)).query, strict_parsing=True)
    assert all(len(values) == 1 for values in parameters.values())
    return {key: values[0] for key, values in parameters.items()}


def pair(text: str) -> tuple[float, float]:
    one, other = text.split(",")[:2]
    return float(one), float(other)


def test_tencent_takes_gcj02_latitude_first() -> None:
    parameters = asked("腾讯地图")
    assert pair(parameters["tocoord"]) == pytest.approx(GCJ02, abs=1e-6)
    assert (parameters["coord_type"], parameters["type"]) == ("2", "walk")
    assert parameters["to"] == "观音桥公厕"
    assert parameters["referer"]


def test_amap_takes_gcj02_longitude_first() -> None:
    parameters = asked("高德地图")
    assert pair(parameters["to"]) == pytest.approx((GCJ02[1], GCJ02[0]), abs=1e-6)
    assert parameters["to"].endswith(",观音桥公厕")
    assert parameters["mode"] == "walk"


def test_baidu_takes_bd09_and_is_told_so() -> None:
    parameters = asked("百度地图")
    assert pair(parameters["location"]) == pytest.approx(BD09, abs=1e-6)
    assert (parameters["coord_type"], parameters["output"]) == ("bd09ll", "html")
    assert parameters["src"] == "webapp.baixing-chengguan.service"


def test_apple_takes_gcj02() -> None:
    parameters = asked("苹果地图")
    assert pair(parameters["daddr"]) == pytest.approx(GCJ02, abs=1e-6)
    assert parameters["dirflg"] == "w"


def test_the_phones_own_map_takes_wgs84() -> None:
    url = link("手机自带地图")
    assert pair(url.removeprefix("geo:").partition("?")[0]) == pytest.approx(PLACE, abs=1e-6)
    assert unquote(url).endswith("(观音桥公厕)")


def test_wechat_takes_gcj02() -> None:
    given = navigation.open_location(*PLACE, "观音桥公厕", "步行街3号")
    assert (given["latitude"], given["longitude"]) == pytest.approx(GCJ02, abs=1e-6)
    assert json.loads(navigation.open_location_json(*PLACE, "观音桥公厕", "步行街3号")) == given


def test_the_datums_differ_by_more_than_anybody_would_walk() -> None:
    """The control: with one datum for all, the pins would be where no facility is."""
    assert distance_m(*PLACE, *GCJ02) > 300
    assert distance_m(*GCJ02, *BD09) > 500


@pytest.mark.parametrize("provider", ["腾讯地图", "高德地图", "百度地图", "苹果地图"])
def test_a_name_cannot_change_the_address(provider: str) -> None:
    plain, nasty = asked(provider), asked(provider, NASTY)
    assert plain.keys() == nasty.keys()
    assert urlsplit(link(provider, NASTY)).fragment == ""
    same = {"tocoord", "coord_type", "mode", "location", "daddr", "src", "referer", "dirflg"}
    assert all(plain[key] == nasty[key] for key in plain.keys() & same)


def test_a_name_cannot_change_a_geo_address() -> None:
    url = link("手机自带地图", NASTY)
    assert url.count("?") == 1
    assert url.count("(") == url.count(")") == 1
    assert "&" not in url


@pytest.mark.parametrize(
    "provider", ["腾讯地图", "高德地图", "百度地图", "苹果地图", "手机自带地图"]
)
def test_every_app_is_asked_over_a_safe_way(provider: str) -> None:
    assert urlsplit(link(provider)).scheme in ("https", "geo")
