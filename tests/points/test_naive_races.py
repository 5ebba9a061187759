"""The races without our locks, and naive code in them: what the locks and the law are for."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError

from points import ledger, redemption
from points.keys import Keys
from tests.points.naive import SCENES
from tests.points.rivals import Make, Sessions, meetings
from tests.points.scenes import (
    last_one_twice,
    one_a_month_twice,
    same_points_twice,
    same_request_twice,
)

pytestmark = pytest.mark.timeout(300)


def without_lock(statement: TextClause) -> TextClause:
    return text(re.sub(r"FOR UPDATE( SKIP LOCKED)?", "", statement.text))


@pytest.mark.parametrize("two", [same_points_twice, same_request_twice, one_a_month_twice])
def test_without_the_wallets_lock_one_fails_and_nothing_breaks(
    racing: Sessions, keys: Keys, monkeypatch: pytest.MonkeyPatch, two: Callable[[Keys], Make]
):
    """The lock makes the second wait for a right answer; law makes it fail without one."""
    monkeypatch.setattr(ledger, "LOCK", without_lock(ledger.LOCK))
    errors = [
        outcome.error
        for _, first, second in meetings(racing, two(keys))
        for outcome in (first, second)
        if outcome.error is not None
    ]
    assert errors
    assert all(isinstance(error, IntegrityError | RuntimeError) for error in errors)


def test_without_the_units_lock_one_fails_and_nothing_breaks(
    racing: Sessions, keys: Keys, monkeypatch: pytest.MonkeyPatch
):
    """Both see the same unit as free; the second waits for the first's row and takes it again."""
    monkeypatch.setattr(redemption, "WRITE_AT_SITE", without_lock(redemption.WRITE_AT_SITE))
    errors = [
        outcome.error
        for _, first, second in meetings(racing, last_one_twice(keys))
        for outcome in (first, second)
        if outcome.error is not None
    ]
    assert errors
    assert all("a_unit_once" in str(error) for error in errors)


# -- naive controls: tables as one would make them, code as one would write it -------------------


@pytest.mark.parametrize("scene", SCENES)
def test_naive_code_does_it_twice_at_the_same_places(racing: Sessions, scene: str):
    """A CHECK sees one version of a row: it stays silent while the last one is sold twice."""
    outcomes = [
        (first.value, second.value, first.error or second.error)
        for _, first, second in meetings(racing, SCENES[scene])
    ]
    assert (True, True, None) in outcomes
