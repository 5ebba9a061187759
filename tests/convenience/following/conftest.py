"""A database of its own, and a follower that ends with its test."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from convenience.following import Follower
from kernel import database
from local.postgres import EmbeddedPostgres
from tests.convenience.following.asking import Sessions
from tests.factories import committing_sessions


@pytest.fixture(scope="module")
def a_database(postgres: EmbeddedPostgres) -> Iterator[Sessions]:
    with committing_sessions(postgres) as made:
        yield made


@pytest.fixture
def town(a_database: Sessions) -> Sessions:
    """Lend a database without facilities, in which commits are real, as this process's own."""
    database.use(a_database)
    with a_database.begin() as session:
        session.execute(text("UPDATE convenience_facilities SET removed_at = now()"))
    return a_database


@pytest.fixture
def follower() -> Iterator[Follower]:
    """Lend a follower that reads when it is told to."""
    made = Follower(pause_s=3600)
    yield made
    made.stop()
