"""The races without our locks, and naive code in them: what the locks and the law are for."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import TextClause, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from kernel import bus
from local.postgres import EmbeddedPostgres
from points import ledger, redemption
from points.keys import Keys
from tests import factories
from tests.points import invariants
from tests.points.rivals import Make, Sessions, Work, meetings
from tests.points.scenes import (
    last_one_twice,
    one_a_month_twice,
    same_points_twice,
    same_request_twice,
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def sessions(postgres: EmbeddedPostgres) -> Iterator[Sessions]:
    """Lend sessions on one database for all races: each test brings its own people."""
    bus.connect({})
    with factories.throwaway_database(postgres) as url:
        engine = create_engine(url, pool_size=20, max_overflow=20)
        yield sessionmaker(engine, expire_on_commit=False)
        engine.dispose()


@pytest.fixture(autouse=True)
def _nothing_is_broken_afterwards(sessions: Sessions) -> Iterator[None]:
    yield
    with sessions() as session:
        assert invariants.broken(session) == []


def without_lock(statement: TextClause) -> TextClause:
    return text(re.sub(r"FOR UPDATE( SKIP LOCKED)?", "", statement.text))


@pytest.mark.parametrize("two", [same_points_twice, same_request_twice, one_a_month_twice])
def test_without_the_wallets_lock_one_fails_and_nothing_breaks(
    sessions: Sessions, keys: Keys, monkeypatch: pytest.MonkeyPatch, two: Callable[[Keys], Make]
):
    """The lock makes the second wait for a right answer; law makes it fail without one."""
    monkeypatch.setattr(ledger, "_LOCK", without_lock(ledger._LOCK))
    errors = [
        outcome.error
        for _, first, second in meetings(sessions, two(keys))
        for outcome in (first, second)
        if outcome.error is not None
    ]
    assert errors
    assert all(isinstance(error, IntegrityError | RuntimeError) for error in errors)


def test_without_the_units_lock_one_fails_and_nothing_breaks(
    sessions: Sessions, keys: Keys, monkeypatch: pytest.MonkeyPatch
):
    """Both see the same unit as free; the second waits for the first's row and takes it again."""
    monkeypatch.setattr(redemption, "WRITE_AT_SITE", without_lock(redemption.WRITE_AT_SITE))
    errors = [
        outcome.error
        for _, first, second in meetings(sessions, last_one_twice(keys))
        for outcome in (first, second)
        if outcome.error is not None
    ]
    assert errors
    assert all("a_unit_once" in str(error) for error in errors)


# -- naive controls: tables as one would make them, code as one would write it -------------------

NAIVE = """
CREATE TABLE IF NOT EXISTS naive_wallets (id bigint PRIMARY KEY, points bigint CHECK (points >= 0));
CREATE TABLE IF NOT EXISTS naive_goods (id bigint PRIMARY KEY, stock bigint,
    reserved bigint CHECK (reserved <= stock));
CREATE TABLE IF NOT EXISTS naive_sales (id uuid PRIMARY KEY, wallet bigint, good bigint)
"""


def naive_shop(session: Session, *, points: int, stock: int) -> tuple[int, int, int]:
    for statement in NAIVE.split(";"):
        session.execute(text(statement))
    one, other, good = (uuid.uuid4().int % 10**15 for _ in range(3))
    for wallet in (one, other):
        session.execute(
            text("INSERT INTO naive_wallets VALUES (:w, :p)"), {"w": wallet, "p": points}
        )
    session.execute(text("INSERT INTO naive_goods VALUES (:g, :s, 0)"), {"g": good, "s": stock})
    return one, other, good


def naive_redeem(session: Session, wallet: int, good: int) -> bool:
    """Look, decide in Python, write back what was computed."""
    points = session.execute(
        text("SELECT points FROM naive_wallets WHERE id = :w"), {"w": wallet}
    ).scalar_one()
    stock, reserved = session.execute(
        text("SELECT stock, reserved FROM naive_goods WHERE id = :g"), {"g": good}
    ).one()
    if points < 100 or reserved >= stock:
        return False
    session.execute(
        text("UPDATE naive_wallets SET points = :p WHERE id = :w"),
        {"p": points - 100, "w": wallet},
    )
    session.execute(
        text("UPDATE naive_goods SET reserved = :r WHERE id = :g"),
        {"r": reserved + 1, "g": good},
    )
    session.execute(
        text("INSERT INTO naive_sales VALUES (:id, :w, :g)"),
        {"id": uuid.uuid4(), "w": wallet, "g": good},
    )
    return True


@pytest.mark.parametrize(
    ("points", "stock", "is_same_wallet"),
    [(150, 5, True), (1000, 1, False)],
    ids=["points", "stock"],
)
def test_naive_code_sells_twice_at_the_same_places(
    sessions: Sessions, *, points: int, stock: int, is_same_wallet: bool
):
    """A CHECK sees one version of a row: it stays silent while the last one is sold twice."""

    def make(session: Session) -> tuple[Work, Work]:
        one, other, good = naive_shop(session, points=points, stock=stock)
        second = one if is_same_wallet else other
        return (
            lambda s: naive_redeem(s, one, good),
            lambda s: naive_redeem(s, second, good),
        )

    sold = [
        (first.value, second.value, first.error or second.error)
        for _, first, second in meetings(sessions, make)
    ]
    assert (True, True, None) in sold
