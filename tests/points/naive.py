"""Each race as one would write it who never met a rival: look, decide in Python, write.

The tables have the CHECKs that one would think of. Each work returns whether it believes to have
done it; where both believe so, something was sold, given or decided twice.
"""

import uuid

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.points.rivals import Make, Work

TABLES = """
CREATE TABLE IF NOT EXISTS naive_wallets (id bigint PRIMARY KEY, points bigint CHECK (points >= 0));
CREATE TABLE IF NOT EXISTS naive_goods (id bigint PRIMARY KEY, stock bigint,
    reserved bigint CHECK (reserved <= stock));
CREATE TABLE IF NOT EXISTS naive_sales (wallet bigint, good bigint, key text);
CREATE TABLE IF NOT EXISTS naive_states (id bigint PRIMARY KEY, state text);
CREATE TABLE IF NOT EXISTS naive_awards (wallet bigint, about bigint, is_first boolean,
    points bigint)
"""


def _one(session: Session, statement: str, **values: object) -> int:
    return int(session.execute(text(statement), values).scalar_one())


def _do(session: Session, statement: str, **values: object) -> bool:
    session.execute(text(statement), values)
    return True


def _fresh(session: Session, *, points: int = 100, stock: int = 1) -> tuple[int, int, int]:
    """Make two wallets and a good."""
    for statement in TABLES.split(";"):
        session.execute(text(statement))
    one, other, good = (uuid.uuid4().int % 10**15 for _ in range(3))
    for wallet in (one, other):
        _do(session, "INSERT INTO naive_wallets VALUES (:w, :p)", w=wallet, p=points)
    _do(session, "INSERT INTO naive_goods VALUES (:g, :s, 0)", g=good, s=stock)
    _do(session, "INSERT INTO naive_states VALUES (:g, 'ready')", g=good)
    return one, other, good


def _take(wallet: int, amount: int) -> Work:
    def take(session: Session) -> bool:
        points = _one(session, "SELECT points FROM naive_wallets WHERE id = :w", w=wallet)
        return points >= amount and _do(
            session,
            "UPDATE naive_wallets SET points = :p WHERE id = :w",
            p=points - amount,
            w=wallet,
        )

    return take


def _reserve(good: int) -> Work:
    def reserve(session: Session) -> bool:
        row = session.execute(
            text("SELECT stock, reserved FROM naive_goods WHERE id = :g"), {"g": good}
        ).one()
        return row.reserved < row.stock and _do(
            session,
            "UPDATE naive_goods SET reserved = :r WHERE id = :g",
            r=row.reserved + 1,
            g=good,
        )

    return reserve


def _unless_there(look: str, write: str, **values: object) -> Work:
    """Write when nothing like it is there yet."""
    return lambda session: (
        _one(session, f"SELECT count(*) FROM {look}", **values) == 0  # noqa: S608  # written here
        and _do(session, write, **values)
    )


def _from_ready(good: int, state: str) -> Work:
    def go(session: Session) -> bool:
        found = session.execute(
            text("SELECT state FROM naive_states WHERE id = :g"), {"g": good}
        ).scalar_one()
        return found == "ready" and _do(
            session, "UPDATE naive_states SET state = :s WHERE id = :g", s=state, g=good
        )

    return go


def _award(wallet: int, about: int) -> Work:
    def award(session: Session) -> bool:
        earned = _one(
            session, "SELECT coalesce(sum(points), 0) FROM naive_awards WHERE wallet = :w", w=wallet
        )
        return earned + 10 <= 10 and _do(
            session,
            "INSERT INTO naive_awards VALUES (:w, :a, true, 10)",
            w=wallet,
            a=about,
        )

    return award


def _points(session: Session) -> tuple[Work, Work]:
    one, _, _ = _fresh(session, points=150)
    return _take(one, 100), _take(one, 100)


def _stock(session: Session) -> tuple[Work, Work]:
    _, _, good = _fresh(session)
    return _reserve(good), _reserve(good)


def _double_tap(session: Session) -> tuple[Work, Work]:
    one, _, good = _fresh(session)
    work = _unless_there(
        "naive_sales WHERE key = :k",
        "INSERT INTO naive_sales VALUES (:w, :g, :k)",
        w=one,
        g=good,
        k=str(good),
    )
    return work, work


def _limit(session: Session) -> tuple[Work, Work]:
    one, _, good = _fresh(session)
    first, second = (
        _unless_there(
            "naive_sales WHERE wallet = :w AND good = :g",
            "INSERT INTO naive_sales VALUES (:w, :g, :k)",
            w=one,
            g=good,
            k=key,
        )
        for key in ("one", "other")
    )
    return first, second


def _expiry(session: Session) -> tuple[Work, Work]:
    one, _, _ = _fresh(session)
    return _take(one, 100), _take(one, 100)  # spent, and gone on the same night


def _counter(session: Session) -> tuple[Work, Work]:
    _, _, good = _fresh(session)
    return _from_ready(good, "fulfilled"), _from_ready(good, "cancelled")


def _order(session: Session) -> tuple[Work, Work]:
    _, _, good = _fresh(session)
    return _from_ready(good, "sent"), _from_ready(good, "sent")


def _first_reporter(session: Session) -> tuple[Work, Work]:
    one, other, case = _fresh(session)
    first, second = (
        _unless_there(
            "naive_awards WHERE about = :a AND is_first",
            "INSERT INTO naive_awards VALUES (:w, :a, true, 10)",
            w=wallet,
            a=case,
        )
        for wallet in (one, other)
    )
    return first, second


def _cap(session: Session) -> tuple[Work, Work]:
    one, _, case = _fresh(session)
    return _award(one, case), _award(one, case + 1)


def _decision(session: Session) -> tuple[Work, Work]:
    _, _, good = _fresh(session)
    return _from_ready(good, "approved"), _from_ready(good, "refused")


SCENES: dict[str, Make] = {
    "points": _points,
    "stock": _stock,
    "double tap": _double_tap,
    "limit": _limit,
    "expiry": _expiry,
    "counter": _counter,
    "order": _order,
    "first reporter": _first_reporter,
    "cap": _cap,
    "decision": _decision,
}
