"""What signs need of other features, in our words; the composition root connects it.

Values are words ready to be shown: what a feature means by "open" is its own affair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Link:
    """A way to open the way there; `app` is the name that people know."""

    app: str
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A facility as a sign's page shows it."""

    name: str
    way: str  # 往东北 350 米
    is_open: bool | None
    open_words: str
    spaces: str | None
    is_doubtful: bool
    link: Link | None  # the map that works in most apps
    more: str  # path of the facility's own page, with all maps


@dataclass(frozen=True, slots=True)
class KindOfPlace:
    """The nearest of a kind, nearest first."""

    code: str
    name: str
    places: tuple[Place, ...]


class Places(Protocol):
    """Facilities near a sign."""

    def version(self) -> object:
        """Return a value that changes (by `is`) when anything told by `around` may have changed.

        Time is the exception: hours and the age of figures change with the minute.
        """

    def around(
        self, latitude: float, longitude: float, *, limit: int, now: datetime
    ) -> tuple[KindOfPlace, ...]:
        """Return every kind with its nearest places, from a WGS-84 point."""


class Picture(Protocol):
    """A photo that was checked and made safe to keep."""

    @property
    def jpeg(self) -> bytes: ...

    @property
    def thumb(self) -> bytes:
        """Return the picture small enough for a page."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What somebody gets for a report."""

    report_no: str
    access_key: str


class Reports(Protocol):
    """Where reports go."""

    def prepare(self, data: bytes) -> Picture:
        """Check and clean a photo; raise a refusal."""

    def file(
        self,
        session: Session,
        *,
        request_key: str,
        sign_code: str,
        place: str,
        latitude: float,
        longitude: float,
        text: str | None,
        pictures: Sequence[Picture],
        phone: str | None,
        citizen_id: int | None,
    ) -> Receipt:
        """Take a report made at a sign; the same `request_key` again gives the same receipt."""

    def knows(self, session: Session, receipt: Receipt) -> bool:
        """Tell whether such a receipt was given."""


@dataclass(frozen=True, slots=True)
class _Ports:
    places: Places
    reports: Reports


_ports: _Ports | None = None


def connect(places: Places, reports: Reports) -> None:
    """Use these in this process; the composition root and tests call it."""
    global _ports  # noqa: PLW0603  # connected once a process, as the database is
    _ports = _Ports(places, reports)


def places() -> Places:
    """Return the connected facilities."""
    return _connected().places


def reports() -> Reports:
    """Return the connected reports."""
    return _connected().reports


def _connected() -> _Ports:
    if _ports is None:
        raise RuntimeError("qr.ports.connect() was not called")
    return _ports
