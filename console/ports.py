"""What the overview is made of. Features are strangers to it: `overviews.py` connects them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from accounts import Role


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that leads to its rows; `usual` is what it would be on other days by now."""

    words: str
    count: int
    url: str
    usual: float | None = None
    is_alarming: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a chart's table: a label, its figures, and where its rows are."""

    label: str
    figures: tuple[float, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Rows as columns or lines, one for each of `names`."""

    key: str  # of letters, for the page
    title: str
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    is_line: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the map, in units of the drawing."""

    x: float
    y: float
    sort: str  # as the style sheet names it
    words: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Map:
    width: int
    height: int
    outline: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """What one feature shows."""

    tiles: tuple[Tile, ...] = ()
    charts: tuple[Chart, ...] = ()
    map: Map | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A feature's cards, for roles that may open what they lead to (none named: all)."""

    cards: Callable[[Session, datetime], Cards]
    roles: frozenset[Role] = frozenset()

    def is_for(self, role: Role) -> bool:
        return not self.roles or role in self.roles or role is Role.ADMINISTRATOR


@dataclass(slots=True)
class _Sources:
    sources: tuple[Source, ...] = field(default=())


_connected = _Sources()


def connect(sources: Iterable[Source]) -> None:
    """Say what the overview shows, in this order."""
    _connected.sources = tuple(sources)


def sources() -> tuple[Source, ...]:
    """Return what the overview shows."""
    return _connected.sources
