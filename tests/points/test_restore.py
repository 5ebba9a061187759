"""Yesterday's backup is put back: what is missing is named, and nothing is delivered twice."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from kernel import bus
from local.postgres import EmbeddedPostgres
from points import recharge, reconciliation, sealing
from points.keys import Keys
from points.provider import HttpProvider
from points.rules import Sort
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import an_item, balance, redeem, rich_citizen
from tests.points.stand_in import SECRET, running


@contextmanager
def sessions_on(url: str) -> Iterator[sessionmaker[Session]]:
    engine = create_engine(url)
    try:
        yield sessionmaker(engine, expire_on_commit=False)
    finally:
        engine.dispose()


@contextmanager
def backup_of(postgres: EmbeddedPostgres, url: str) -> Iterator[str]:
    """Copy a database as it is now; lend the copy's URL."""
    name, copy = make_url(url).database, f"b_{factories.key()[:12]}"
    with postgres.connect("postgres") as connection:
        connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"'.encode())
    try:
        yield postgres.url(copy)
    finally:
        with postgres.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)'.encode())


def order(session: Session, keys: Keys, adapter: HttpProvider) -> None:
    """Do what the worker does with all that is due."""
    for redemption_id in recharge.due(session):
        made = recharge.claim(session, redemption_id, keys)
        assert made is not None
        recharge.settle(session, made.order_no, recharge.call(adapter, made))


@pytest.mark.timeout(240)
def test_a_restore_is_seen_by_the_anchor_and_delivers_nothing_twice(
    postgres: EmbeddedPostgres, time: Clock, keys: Keys
):
    bus.connect({})
    with running() as provider, factories.throwaway_database(postgres) as url:
        adapter = HttpProvider(provider.address, SECRET)
        with sessions_on(url) as sessions, sessions() as session, session.begin():
            citizen_id = rich_citizen(session)
            credit = an_item(session, sort=Sort.CREDIT, worth_fen=1000)
            redeem(session, citizen_id, credit, keys, phone="13800138000").check()
            sealing.seal(session, keys)
        with backup_of(postgres, url) as yesterday:
            with sessions_on(url) as sessions, sessions() as session, session.begin():
                order(session, keys, adapter)
                sealing.seal(session, keys)
                published = sealing.verify(session, keys)
            with sessions_on(yesterday) as sessions, sessions() as session, session.begin():
                head = (published.sealed, published.head)
                assert sealing.verify(session, keys).is_whole
                verdict = sealing.verify(session, keys, anchors=[head])
                assert verdict.first_broken == published.sealed
                assert reconciliation.reconcile(session) == ()
                assert balance(session, citizen_id) == (900, 100)
                order(session, keys, adapter)  # it was ordered after the backup: same number
                assert balance(session, citizen_id) == (900, 0)
    assert provider.calls == ["order", "order"]
    assert len(provider.orders) == 1
