"""What tests of points share: keys, a clock that is set by hand, a database of one's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

import points.events
from kernel import bus, clock
from local.postgres import EmbeddedPostgres
from points.keys import Keys
from tests import factories
from tests.points import invariants
from tests.points.mall import rich_citizen
from tests.points.pages import SignedIn

NOON = datetime(2026, 11, 16, 4, tzinfo=UTC)  # Monday, 12:00 in the district


class Clock:
    """The house's clock, set by hand; each look at it takes a millisecond."""

    def __init__(self, start: datetime) -> None:
        self.instant = start

    def __call__(self) -> datetime:
        self.instant += timedelta(milliseconds=1)
        return self.instant

    def forward(self, **time: float) -> None:
        self.instant += timedelta(**time)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(NOON)
    monkeypatch.setattr(clock, "now", made)
    return made


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.of("a secret of the tests, long enough for all of them")


@pytest.fixture
def heard(sessions: sessionmaker[Session]) -> Iterator[list[object]]:
    """Collect the events of points that are published, instead of reacting to them."""
    events: list[object] = []

    def hear(_session: Session, event: object) -> None:
        events.append(event)

    kinds = [kind for kind in vars(points.events).values() if isinstance(kind, type)]
    bus.connect({kind: [hear] for kind in kinds})
    yield events
    bus.connect({})


@pytest.fixture
def committing(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    """Lend sessions on a database of their own, where commits are real and may race."""
    bus.connect({})
    with factories.committing_sessions(postgres) as made:
        yield made


@pytest.fixture(scope="module")
def _arena(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    """Lend sessions on one database for all races of a file: each test brings its own people."""
    bus.connect({})
    with factories.throwaway_database(postgres) as url:
        engine = create_engine(url, pool_size=20, max_overflow=20)
        yield sessionmaker(engine, expire_on_commit=False)
        engine.dispose()


@pytest.fixture
def racing(_arena: sessionmaker[Session]) -> Iterator[sessionmaker[Session]]:
    """Lend sessions for a race, after which nothing may be broken."""
    yield _arena
    with _arena() as session:
        assert invariants.broken(session) == []


@pytest.fixture
def rich(session: Session) -> int:
    return rich_citizen(session)


@pytest.fixture
def browser(rich: int, resident_client: SignedIn) -> FlaskClient:
    return resident_client(rich)
