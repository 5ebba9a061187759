"""Links that open somebody's map with the way to a place, each in the datum that the map expects.

Coordinates come in as WGS-84. GCJ-02 for Tencent, Amap and WeChat; BD-09 for Baidu, said in the
link although it is the default there; WGS-84 for `geo:`. Apple does not say what it expects: its
maps of the mainland are Amap's, and so is the datum given here.
"""

import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from geo import datums
from kernel.words import later

_CALLER = "baixing-chengguan"  # every provider wants to know who sends people
_DIGITS = 6  # of a degree: a tenth of a metre


@dataclass(frozen=True, slots=True)
class Link:
    """One way to open the way there; `app` is the name that people know."""

    app: str
    url: str


def links(latitude: float, longitude: float, name: str, address: str | None = None) -> list[Link]:
    """Return links for a walk to a WGS-84 point, in the order in which most people want them."""
    gcj = datums.wgs84_to_gcj02(latitude, longitude)
    baidu = datums.gcj02_to_bd09(*gcj)
    return [
        Link(later("腾讯地图"), _tencent(*gcj, name)),
        Link(later("高德地图"), _amap(*gcj, name)),
        Link(later("百度地图"), _baidu(*baidu, name, address or name)),
        Link(later("苹果地图"), _apple(*gcj, name)),
        Link(later("手机自带地图"), _geo(latitude, longitude, name)),
    ]


def open_location(
    latitude: float, longitude: float, name: str, address: str | None = None
) -> dict[str, object]:
    """Return what `wx.openLocation` takes, in WeChat's own page and in a mini program: GCJ-02."""
    gcj_latitude, gcj_longitude = datums.wgs84_to_gcj02(latitude, longitude)
    return {
        "latitude": round(gcj_latitude, _DIGITS),
        "longitude": round(gcj_longitude, _DIGITS),
        "name": name,
        "address": address or "",
        "scale": 17,
    }


def open_location_json(
    latitude: float, longitude: float, name: str, address: str | None = None
) -> str:
    """Return the same as text, for a page's data attribute."""
    return json.dumps(open_location(latitude, longitude, name, address), ensure_ascii=False)


def _degrees(value: float) -> str:
    return f"{value:.{_DIGITS}f}"


def _query(**parameters: str) -> str:
    # Commas separate numbers, colons separate fields; in a name they are coded like all else.
    return urlencode(parameters, quote_via=quote, safe=",:")


def _name(text: str) -> str:
    """Return a name without the marks that these addresses use themselves."""
    return " ".join(text.translate(_MARKS).split())


_MARKS = {ord(mark): " " for mark in ",;:|()&?#"}


def _tencent(latitude: float, longitude: float, name: str) -> str:
    return "https://apis.map.qq.com/uri/v1/routeplan?" + _query(
        type="walk",
        to=_name(name),
        tocoord=f"{_degrees(latitude)},{_degrees(longitude)}",
        coord_type="2",
        policy="0",
        referer=_CALLER,
    )


def _amap(latitude: float, longitude: float, name: str) -> str:
    # Inside WeChat the page cannot call the app (`callnative`); it shows the way itself.
    return "https://uri.amap.com/navigation?" + _query(
        to=f"{_degrees(longitude)},{_degrees(latitude)},{_name(name)}",
        mode="walk",
        policy="0",
        src=_CALLER,
        callnative="1",
    )


def _baidu(latitude: float, longitude: float, name: str, address: str) -> str:
    # A route needs its begin there; a marker shows the place and offers the way from here.
    return "https://api.map.baidu.com/marker?" + _query(
        location=f"{_degrees(latitude)},{_degrees(longitude)}",
        title=_name(name),
        content=_name(address),
        coord_type="bd09ll",
        output="html",
        src=f"webapp.{_CALLER}.service",
    )


def _apple(latitude: float, longitude: float, name: str) -> str:
    return "https://maps.apple.com/?" + _query(
        daddr=f"{_degrees(latitude)},{_degrees(longitude)}", dirflg="w", q=_name(name)
    )


def _geo(latitude: float, longitude: float, name: str) -> str:
    point = f"{_degrees(latitude)},{_degrees(longitude)}"
    return f"geo:{point}?q={point}({quote(_name(name))})"
