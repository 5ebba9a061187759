"""What is drawn on a plate, in millimetres from the upper left corner of the trimmed plate."""

from dataclasses import dataclass
from typing import Literal

from .typeface import Weight

Align = Literal["left", "middle", "right"]


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle, black or (`is_black` False) paper."""

    x: float
    y: float
    width: float
    height: float
    is_black: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as it is drawn: from `x` to the right on the baseline `y`, `em` high."""

    text: str
    x: float
    y: float
    em: float
    weight: Weight
    is_black: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Text that must find its size: in `width` from `x`, letters from `largest` to `smallest`.

    One line stands on `y`; where `two` is given the text may take two lines, on these baselines
    and at most this large. Where the text does not fit, `otherwise` may stand in its place; `what`
    names it when nothing fits.
    """

    text: str
    x: float
    y: float
    width: float
    largest: float
    smallest: float
    what: str
    weight: Weight = "medium"
    align: Align = "left"
    is_black: bool = True
    two: tuple[float, float, float] | None = None
    otherwise: str | None = None


Mark = Box | Words
