"""What people and programs ask for in an address, read strictly: nothing is guessed in silence."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from kernel.errors import Invalid
from kernel.words import later

from .index import Need
from .queries import NEEDS
from .rules import tidy
from .spots import Datum, Spot, to_wgs84

MOST_NEAREST = 100
MOST_LISTED = 1000
LONGEST_RADIUS_M = 100_000
LONGEST_SEARCH = 60  # characters

_DECIMAL = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,3})?")
_SWITCHES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Asked = Mapping[str, Sequence[str]]


# Refusals of what stands in an address. The code is for the program, the sentence for its author.


class MissingParameter(Invalid):
    code = "missing_parameter"

    def __init__(self, name: str) -> None:
        super().__init__(later("缺少参数 %(name)s。"), name=name)


class RepeatedParameter(Invalid):
    code = "repeated_parameter"

    def __init__(self, name: str) -> None:
        super().__init__(f"参数 {name} 只能写一次。")


class UnknownParameter(Invalid):
    code = "unknown_parameter"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        shown = tidy(name[:40])
        super().__init__(f"没有「{shown}」这个参数。可以用：{'、'.join(known)}。")


class BadCoordinate(Invalid):
    code = "bad_coordinate"

    def __init__(self, name: str, most: int | None = None) -> None:
        if most is None:
            words = later("参数 %(name)s 要写成十进制的度数，例如 lat=29.5745&lng=106.53。")
        else:
            words = later(
                "参数 %(name)s 要写成-%(most)s 到 %(most)s，例如 lat=29.5745&lng=106.53。"
            )
        super().__init__(words, name=name, most=most)


class SwappedAxes(Invalid):
    code = "swapped_axes"
    sentence = "lat 和 lng 好像写反了：lat 是纬度（这里大约 29.6），lng 是经度（这里大约 106.5）。"


class UnknownDatum(Invalid):
    code = "unknown_datum"
    sentence = "参数 datum 只能是 wgs84（GPS）、gcj02（微信、高德、腾讯）或 bd09（百度）。"


class BadNumber(Invalid):
    code = "bad_number"

    def __init__(self, name: str, most: int) -> None:
        super().__init__(f"参数 {name} 要写成 1 到 {most} 的整数。")


class BadSwitch(Invalid):
    code = "bad_switch"

    def __init__(self, name: str) -> None:
        super().__init__(f"参数 {name} 只能是 true 或 false。")


class BadTime(Invalid):
    code = "bad_time"

    def __init__(self, name: str) -> None:
        super().__init__(f"参数 {name} 要写成带时区的时间，例如 2026-11-22T08:00:00Z。")


class UnknownFormat(Invalid):
    code = "unknown_format"
    sentence = "参数 format 只能是 json 或 geojson。"


def once(asked: Asked, known: Sequence[str]) -> dict[str, str]:
    """Return each parameter's only value; refuse what is repeated or has no meaning here."""
    values: dict[str, str] = {}
    for name, given in asked.items():
        if name not in known:
            raise UnknownParameter(name, known)
        if len(given) > 1:
            raise RepeatedParameter(name)
        if given[0] != "":
            values[name] = given[0]
    return values


def spot(values: Mapping[str, str]) -> Spot:
    """Read lat, lng and datum."""
    datum = _datum(values.get("datum", Datum.WGS84))
    latitude, longitude = (_degrees(values, name) for name in ("lat", "lng"))
    if abs(latitude) > 90 >= abs(longitude):
        raise SwappedAxes
    if abs(latitude) > 90:
        raise BadCoordinate("lat", 90)
    if not -180 <= longitude < 180:
        raise BadCoordinate("lng", 180)
    return Spot((latitude, longitude), datum, *to_wgs84(latitude, longitude, datum))


def _datum(text: str) -> Datum:
    try:
        return Datum(text.lower())
    except ValueError:
        raise UnknownDatum from None


def _degrees(values: Mapping[str, str], name: str) -> float:
    text = values.get(name)
    if text is None:
        raise MissingParameter(name)
    if not (text.isascii() and _DECIMAL.fullmatch(text)):
        raise BadCoordinate(name)
    number = float(text)
    if not math.isfinite(number):
        raise BadCoordinate(name)
    return number


def needs(values: Mapping[str, str]) -> Need:
    """Read the switches; what is not said is not needed."""
    wanted = Need.NOTHING
    for name, need in NEEDS.items():
        if name in values and switch(values, name):
            wanted |= need
    return wanted


def switch(values: Mapping[str, str], name: str) -> bool:
    text = values.get(name, "false")
    if text.lower() not in _SWITCHES:
        raise BadSwitch(name)
    return _SWITCHES[text.lower()]


def number(values: Mapping[str, str], name: str, *, most: int) -> int | None:
    """Return a whole number from 1 to `most`, or None where nothing was said."""
    text = values.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 12 or not 1 <= int(text) <= most:
        raise BadNumber(name, most)
    return int(text)


def whole(text: str) -> int | None:
    """Return a small whole number that was typed, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


def instant(values: Mapping[str, str], name: str) -> datetime | None:
    """Return an instant in UTC; one without a zone is refused, not guessed."""
    text = values.get(name)
    if text is None:
        return None
    if "T" in text:  # a plus in an address is read as a blank
        text = text.replace(" ", "+")
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BadTime(name) from None
    if read.tzinfo is None or not 1970 <= read.year <= 9000:
        raise BadTime(name)
    return read.astimezone(UTC)


def is_geojson(values: Mapping[str, str], accept: str) -> bool:
    """Tell which of the two formats is wanted: as `format` says, else as Accept says."""
    chosen = values.get("format")
    if chosen not in (None, "json", "geojson"):
        raise UnknownFormat
    return chosen == "geojson" or (chosen is None and "application/geo+json" in accept)


def searched(text: str) -> str:
    """Return typed words on one line, not longer than anybody needs."""
    return tidy(text[: 4 * LONGEST_SEARCH])[:LONGEST_SEARCH].strip()
