"""The two designs: where everything stands on an upright and on a wide plate.

Drawn at the size of a plate that is scanned from one metre; other sizes are the same, scaled.
Nothing is smaller than 8 mm there: 1/125 of the distance, 27 minutes of arc for an em, so that
a stroke of a dozen-stroke character is still two minutes wide: readable with half of normal sight.
White words stand on black only outside the code's quiet zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from qr.codes import pretty

from .marks import Align, Box, Mark, Words
from .spec import BatchSpec, Plate, printed_url, shown_address
from .typeface import Weight

_LEAST = 8.0
_INVITATION = "手机扫一扫 不用关注"
_ACTIONS = ("找厕所", "找停车", "报问题")
_HOW_GENUINE = "真牌打开此网址，地点、牌号与牌面相同。"
_NO_MONEY = "不收钱、不要密码。"


@dataclass(frozen=True, slots=True)
class Design:
    """A plate's proportions at one metre: sizes in mm, and where the code's first module is."""

    width: float
    height: float
    module: float
    code_x: float
    code_y: float

    def furniture(self, spec: BatchSpec, bleed: float) -> Iterator[Mark]:
        """Yield what is the same on all plates of a batch."""
        raise NotImplementedError

    def face(self, plate: Plate, spec: BatchSpec) -> Iterator[Mark]:
        """Yield what is the plate's own, but for the code."""
        raise NotImplementedError


class Upright(Design):
    """Words, code, place, and how to do without the code, one under the other."""

    def furniture(self, spec: BatchSpec, bleed: float) -> Iterator[Mark]:
        yield Box(-bleed, -bleed, self.width + 2 * bleed, 44 + bleed)
        yield _fixed(_INVITATION, 12, 14.5, 176, 9.5, align="middle", is_black=False)
        for number, action in enumerate(_ACTIONS):
            yield _loud(action, 12 + 60 * number, 36.5, 56, 17)
        for x in (69.6, 129.6):
            yield Box(x, 23, 0.8, 14.5, is_black=False)
        yield Box(12, 225.5, 176, 0.8)
        yield _fixed("编码", 12, 245.5, 18)
        yield _fixed("牌号", 138, 234.8, 50, align="right")
        yield _fixed(_HOW_GENUINE, 12, 268, 176)
        yield _fixed(f"{_NO_MONEY}可疑请打 {spec.hotline}。", 12, 278.5, 176)
        yield Box(-bleed, 284, self.width + 2 * bleed, 16 + bleed)
        yield _owner(spec, 12, 295.3, 96)
        yield _hotline(spec, 112, 295.3, 76)

    def face(self, plate: Plate, spec: BatchSpec) -> Iterator[Mark]:
        yield _place(plate, 12, 206.5, 176, align="middle", two=(200.8, 211.3, 10.2))
        if plate.place_hint:
            yield _hint(plate.place_hint, 12, 221.5, 176, align="middle")
        yield _code(plate, 31, 245.5, 104)
        yield _number(plate, 138, 245.5, 50, align="right")
        yield _address(plate, spec, 12, 257.5, 176, before="扫不出请打开 ")


class Wide(Design):
    """The code on the left, words beside it."""

    def furniture(self, spec: BatchSpec, bleed: float) -> Iterator[Mark]:
        yield Box(-bleed, -bleed, self.width + 2 * bleed, 38 + bleed)
        yield _fixed(_INVITATION, 12, 25, 98, 10.5, is_black=False)
        for number, action in enumerate(_ACTIONS):
            yield _loud(action, 118 + 58.5 * number, 26.5, 53, 17)
        for x in (173.3, 231.8):
            yield Box(x, 12, 1, 16, is_black=False)
        yield Box(156, 88, 132, 0.8)
        yield _fixed("编码", 156, 107, 17)
        yield _fixed("牌号", 156, 121, 17)
        yield _fixed("扫不出请打开", 156, 133.5, 132)
        yield _fixed("地点、牌号与牌面相同才是真牌。", 156, 155, 132)
        yield _fixed(_NO_MONEY, 156, 165.5, 132)
        yield _fixed(f"可疑的牌子请打 {spec.hotline}。", 156, 176, 132)
        yield Box(-bleed, 184, self.width + 2 * bleed, 16 + bleed)
        yield _owner(spec, 12, 195.5, 140)
        yield _hotline(spec, 156, 195.5, 132)

    def face(self, plate: Plate, spec: BatchSpec) -> Iterator[Mark]:
        yield _place(plate, 156, 58, 132, two=(53.5, 65.5, 11))
        if plate.place_hint:
            yield _hint(plate.place_hint, 156, 77, 132, two=(74.5, 84, 8.5))
        yield _code(plate, 175, 107, 113)
        yield _number(plate, 175, 121, 113)
        yield _address(plate, spec, 156, 143.5, 132)


def _fixed(
    text: str,
    x: float,
    y: float,
    width: float,
    largest: float = _LEAST,
    *,
    align: Align = "left",
    weight: Weight = "medium",
    is_black: bool = True,
) -> Words:
    return Words(
        text=text,
        x=x,
        y=y,
        width=width,
        largest=largest,
        smallest=_LEAST,
        what="牌面文字",
        weight=weight,
        align=align,
        is_black=is_black,
    )


def _loud(text: str, x: float, y: float, width: float, size: float) -> Words:
    return _fixed(text, x, y, width, size, align="middle", weight="bold", is_black=False)


def _place(
    plate: Plate,
    x: float,
    y: float,
    width: float,
    *,
    two: tuple[float, float, float],
    align: Align = "left",
) -> Words:
    return Words(
        text=plate.place_name,
        x=x,
        y=y,
        width=width,
        largest=15,
        smallest=_LEAST,
        what="地点名称",
        weight="bold",
        align=align,
        two=two,
    )


def _hint(
    text: str,
    x: float,
    y: float,
    width: float,
    *,
    align: Align = "left",
    two: tuple[float, float, float] | None = None,
) -> Words:
    return Words(
        text=text,
        x=x,
        y=y,
        width=width,
        largest=9,
        smallest=_LEAST,
        what="地点提示",
        align=align,
        two=two,
    )


def _code(plate: Plate, x: float, y: float, width: float) -> Words:
    return _fixed(pretty(plate.code), x, y, width, 19, weight="bold")


def _number(plate: Plate, x: float, y: float, width: float, *, align: Align = "left") -> Words:
    return Words(
        text=plate.number,
        x=x,
        y=y,
        width=width,
        largest=11,
        smallest=_LEAST,
        what="牌号",
        weight="bold",
        align=align,
    )


def _address(
    plate: Plate, spec: BatchSpec, x: float, y: float, width: float, *, before: str = ""
) -> Words:
    address = shown_address(printed_url(spec.public_url, plate.code))
    return Words(
        text=before + address,
        otherwise=address,
        x=x,
        y=y,
        width=width,
        largest=_LEAST,
        smallest=_LEAST * 0.85,
        what="网址",
        weight="bold",
    )


def _owner(spec: BatchSpec, x: float, y: float, width: float) -> Words:
    return Words(
        text=spec.district_name,
        x=x,
        y=y,
        width=width,
        largest=10,
        smallest=_LEAST,
        what="城区名称",
        weight="bold",
        is_black=False,
    )


def _hotline(spec: BatchSpec, x: float, y: float, width: float) -> Words:
    text = f"热线 {spec.hotline}"
    return _fixed(text, x, y, width, 10, align="right", weight="bold", is_black=False)
