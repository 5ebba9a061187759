"""What /me needs of the rest of the service: who keeps something of a resident; app.py connects them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Holder:
    """A part of the service that keeps something of residents.

    `kept` returns lists of rows fit for JSON (instants may stay instants); `erase` deletes what may
    go and is None where everything must stay.
    """

    name: str
    kept: Callable[[Session, int], Rows]
    erase: Callable[[Session, int], None] | None = None


_holders: tuple[Holder, ...] = ()


def connect(holders: Sequence[Holder]) -> None:
    """Use these in this process; the composition root calls it."""
    global _holders  # noqa: PLW0603  # connected once a process, as the database is
    _holders = tuple(holders)


def holders() -> tuple[Holder, ...]:
    """Return whoever keeps something of residents."""
    return _holders
