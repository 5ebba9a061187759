"""Events inside one transaction: all that follows is committed with the fact, or nothing is."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from accounts.models import Citizen
from kernel import bus
from kernel.database import after_commit, transaction
from tests.factories import a_citizen, key


@dataclass(frozen=True)
class LampBroke:
    lamp: str


class LampBrokeAtNight(LampBroke):
    """A fact of its own: who listens to the other one is not told."""


@pytest.fixture(autouse=True)
def table(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> dict[type, list[bus.Subscriber]]:
    """Connect a table of the test's own, and the service's again afterwards."""
    made: dict[type, list[bus.Subscriber]] = {}
    monkeypatch.setattr(bus, "_subscriptions", {})
    bus.connect(made)
    return made


def citizens(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Citizen)) or 0


def test_all_subscribers_are_told_in_order_in_the_same_session(
    table: dict[type, list[bus.Subscriber]], session: Session
) -> None:
    told: list[tuple[str, Session, object]] = []
    table[LampBroke] = [
        lambda at, event: told.append(("first", at, event)),
        lambda at, event: told.append(("second", at, event)),
    ]
    event = LampBroke("L-7")

    bus.publish(session, event)

    assert told == [("first", session, event), ("second", session, event)]


def test_a_fact_that_nobody_waits_for_is_no_fault(session: Session) -> None:
    bus.publish(session, LampBroke("L-7"))


def test_a_fact_is_told_by_its_exact_kind(
    table: dict[type, list[bus.Subscriber]], session: Session
) -> None:
    told: list[object] = []
    table[LampBroke] = [lambda _, event: told.append(event)]

    bus.publish(session, LampBrokeAtNight("L-7"))

    assert told == []


def test_a_subscriber_that_fails_takes_everything_with_it(
    table: dict[type, list[bus.Subscriber]], session: Session
) -> None:
    before, done = citizens(session), []

    def write(at: Session, _event: object) -> None:
        a_citizen(at, key())
        after_commit(at, lambda: done.append("told"))

    def fail(_at: Session, _event: object) -> None:
        raise ZeroDivisionError

    def work() -> None:
        with transaction() as unit:
            a_citizen(unit, key())
            bus.publish(unit, LampBroke("L-7"))

    table[LampBroke] = [write, fail, write]
    with pytest.raises(ZeroDivisionError):
        work()

    assert citizens(session) == before
    assert done == []


def test_what_subscribers_write_is_committed_with_the_fact(
    table: dict[type, list[bus.Subscriber]], session: Session
) -> None:
    before = citizens(session)

    def write(at: Session, _event: object) -> None:
        a_citizen(at, key())

    table[LampBroke] = [write]

    with transaction() as unit:
        a_citizen(unit, key())
        bus.publish(unit, LampBroke("L-7"))

    assert citizens(session) == before + 2
