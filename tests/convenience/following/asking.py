"""How the tests of following ask, and wait."""

import time
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from convenience.following import Engine
from tests.convenience.planting import NORTH_GATE

Sessions = sessionmaker[Session]

SOUTH_GATE = (29.5601, 106.5512)
EVERYTHING = 10**9


def ids(index: Engine, **asked: object) -> list[int]:
    found = index.nearest(*NORTH_GATE, EVERYTHING, **asked)  # type: ignore[arg-type]  # a question by keywords
    return sorted(number for number, _ in found)


def until(is_so: Callable[[], bool], patience_s: float = 20.0) -> None:
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def write_elsewhere(session: Session) -> None:
    session.execute(text("UPDATE convenience_kinds SET position = position + 1"))
