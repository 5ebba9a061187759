"""What this package needs of others, connected by the composition root."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from .award_rules import PastReport


class Reports(Protocol):
    """What the desk asks of whoever keeps the reports."""

    def reporter(self, session: Session, report_no: str) -> tuple[int, int | None] | None:
        """Return case and citizen of a report number as somebody typed it; None: no such."""

    def filed(self, session: Session, begins: datetime, ends: datetime) -> Sequence[PastReport]:
        """Return what was filed from `begins` on and before `ends`, not anonymous."""


class Pictures(Protocol):
    def __call__(self, sent: bytes) -> bytes:
        """Return a clean JPEG without metadata; raise a Refusal for what is no picture."""


@dataclass(frozen=True)
class Ports:
    reports: Reports
    clean_picture: Pictures


_ports: Ports | None = None


def connect(ports: Ports) -> None:
    """Use these in this process (the composition root and tests call it)."""
    global _ports  # noqa: PLW0603  # connected once a process
    _ports = ports


def connected() -> Ports:
    if _ports is None:
        raise RuntimeError("points.ports.connect() was not called")
    return _ports
