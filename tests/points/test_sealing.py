"""Whoever owns the database can change it; he cannot change it unseen."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import sealing
from points.keys import Keys
from points.sealing import GENESIS, Verdict
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import give, rich_citizen, settle


@pytest.fixture
def chain(session: Session, time: Clock, keys: Keys) -> list[int]:
    """Seal ten transfers; return the numbers of their wallets."""
    people = [rich_citizen(session, 10 + number) for number in range(10)]
    assert sealing.seal(session, keys) == 10
    return people


_CHECKS = text("""
SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND conrelid IN (
    'points_transfers'::regclass, 'points_lot_entries'::regclass, 'points_accounts'::regclass,
    'points_awards'::regclass
)
""")


@contextmanager
def as_owner(session: Session) -> Iterator[Session]:
    """Act as the owner of the database does who wants no law in his way."""
    settle(session)
    for table, name in session.execute(_CHECKS).all():
        session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    session.execute(text("SET LOCAL session_replication_role = replica"))
    yield session
    session.execute(text("SET LOCAL session_replication_role = origin"))
    session.expire_all()


def id_at(session: Session, seq: int) -> object:
    return session.execute(
        text("SELECT transfer_id FROM points_seals WHERE seq = :seq"), {"seq": seq}
    ).scalar_one()


def test_a_chain_that_nobody_touched_is_whole(session: Session, keys: Keys, chain: list[int]):
    verdict = sealing.verify(session, keys)
    assert verdict.is_whole
    assert (verdict.sealed, verdict.unsealed) == (10, 0)


OLD, NEW = "an older secret for the seals alone", "a newer secret for the seals alone"


def with_seal_keys(*secrets: str) -> Keys:
    """Return the tests' keys with further ones for seals."""
    return Keys.of(
        "a secret of the tests, long enough for all of them", dict(enumerate(secrets, start=1))
    )


def test_a_chain_goes_on_under_a_new_key_and_the_old_anchor_still_holds(
    session: Session, keys: Keys, chain: list[int]
):
    published = (10, sealing.anchor(session))
    for rotated in (with_seal_keys(OLD), with_seal_keys(OLD, NEW)):
        give(session, chain[0], 5)
        assert sealing.seal(session, rotated) == 1
    verdict = sealing.verify(session, with_seal_keys(OLD, NEW), anchors=[published])
    assert (verdict.is_whole, verdict.sealed) == (True, 12)
    numbers = session.scalars(text("SELECT key_id FROM points_seals ORDER BY seq"))
    assert numbers.all() == [0] * 10 + [1, 2]


def test_a_worker_that_was_not_told_of_the_new_key_seals_nothing(
    session: Session, keys: Keys, chain: list[int]
):
    give(session, chain[0], 5)
    sealing.seal(session, with_seal_keys(OLD))
    give(session, chain[0], 6)
    with pytest.raises(RuntimeError, match="key 1, which is not set"):
        sealing.seal(session, keys)


def test_a_key_that_was_replaced_is_not_taken_again(session: Session, keys: Keys, chain: list[int]):
    """Who learned an old key cannot go on with it behind what the new one sealed."""
    rotated = with_seal_keys(OLD)
    give(session, chain[0], 5)
    sealing.seal(session, rotated)
    give(session, chain[0], 6)
    with as_owner(session):
        session.execute(text("UPDATE points_seals SET key_id = 0"))
    sealing.seal(session, keys)
    with as_owner(session):
        session.execute(text("UPDATE points_seals SET key_id = 1 WHERE seq = 11"))
    verdict = sealing.verify(session, rotated)
    assert (verdict.first_broken, verdict.why) == (
        12,
        "sealed with key 0, which key 1 had replaced",
    )


def test_a_seal_whose_key_is_not_set_is_named(session: Session, keys: Keys, chain: list[int]):
    give(session, chain[0], 5)
    sealing.seal(session, with_seal_keys(OLD))
    verdict = sealing.verify(session, keys)
    assert (verdict.first_broken, verdict.why) == (11, "sealed with key 1, which is not set")


def test_an_empty_chain_is_whole(session: Session, keys: Keys):
    assert sealing.verify(session, keys) == Verdict(0, 0, GENESIS)


def test_what_is_new_is_unsealed_until_it_is_sealed(session: Session, keys: Keys, chain: list[int]):
    give(session, chain[0], 5)
    assert sealing.verify(session, keys).unsealed == 1
    assert sealing.seal(session, keys) == 1
    assert sealing.seal(session, keys) == 0
    assert sealing.verify(session, keys).sealed == 11


CHANGES = [
    "amount = amount + 1",
    "credit_id = credit_id + 100000",
    "reason = 'x'",
    "source_id = source_id || 'x'",
    "at = at + interval '1 microsecond'",
    "expires_on = expires_on + 1",
    "available_after = available_after + 1",
    "actor_id = 1",
    "account_seq = 2, previous_at = at - interval '1 s'",
    "rule_version = 1",
    "business_on = business_on + 1",
    "code = 'grant', debit_id = 5, actor_id = 1, approver_id = 2, reason = ''",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_was_changed_is_named(
    session: Session, keys: Keys, chain: list[int], change: str
):
    with as_owner(session):
        session.execute(
            text(f"UPDATE points_transfers SET {change} WHERE id = :id"),  # noqa: S608  # from above
            {"id": id_at(session, 4)},
        )
    verdict = sealing.verify(session, keys)
    assert (verdict.first_broken, verdict.sealed) == (4, 3)
    assert "not what was sealed" in str(verdict.why)


def test_a_row_that_was_taken_out_is_named(session: Session, keys: Keys, chain: list[int]):
    with as_owner(session):
        session.execute(
            text("DELETE FROM points_transfers WHERE id = :id"), {"id": id_at(session, 4)}
        )
    assert sealing.verify(session, keys).first_broken == 4


def test_a_seal_that_was_taken_out_is_named(session: Session, keys: Keys, chain: list[int]):
    with as_owner(session):
        session.execute(text("DELETE FROM points_seals WHERE seq = 4"))
    assert sealing.verify(session, keys).first_broken == 4


def test_rows_that_changed_places_are_named(session: Session, keys: Keys, chain: list[int]):
    with as_owner(session):
        a, b = id_at(session, 4), id_at(session, 7)
        session.execute(
            text("ALTER TABLE points_seals DROP CONSTRAINT uq_points_seals_transfer_id")
        )
        for seq, other in ((4, b), (7, a)):
            session.execute(
                text("UPDATE points_seals SET transfer_id = :t WHERE seq = :s"),
                {"t": other, "s": seq},
            )
    assert sealing.verify(session, keys).first_broken == 4


def test_the_end_of_the_chain_cannot_be_cut_off_after_an_anchor(
    session: Session, keys: Keys, chain: list[int]
):
    sealing.anchor(session)
    with as_owner(session):
        for table in ("points_seals WHERE seq > 8", "points_lot_entries", "points_lots"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # from above
    assert sealing.verify(session, keys).first_broken == 9


def remake_chain(session: Session, keys: Keys) -> None:
    with as_owner(session):
        session.execute(text("DELETE FROM points_seals"))
        session.execute(
            text("UPDATE points_transfers SET amount = amount + 1 WHERE id = :id"),
            {"id": session.execute(text("SELECT id FROM points_transfers LIMIT 1")).scalar_one()},
        )
    sealing.seal(session, keys, everything=True)


def test_a_chain_made_anew_without_the_key_is_broken_from_its_beginning(
    session: Session, keys: Keys, chain: list[int]
):
    remake_chain(session, Keys.of("a key that the owner of the database made up"))
    assert sealing.verify(session, keys).first_broken == 1


def test_a_chain_made_anew_with_the_key_does_not_meet_the_published_head(
    session: Session, keys: Keys, chain: list[int]
):
    published = (10, sealing.verify(session, keys).head)
    remake_chain(session, keys)
    assert sealing.verify(session, keys).is_whole
    verdict = sealing.verify(session, keys, anchors=[published])
    assert (verdict.first_broken, verdict.why) == (10, "the published head is another")


def test_an_anchor_says_what_the_house_gave(session: Session, keys: Keys, chain: list[int]):
    head = sealing.anchor(session)
    assert head == sealing.verify(session, keys).head
    assert sealing.anchor(session) == head
    kept = session.execute(text("SELECT seq, totals FROM points_anchors")).one()
    assert (kept.seq, kept.totals) == (10, {"1": sum(range(10, 20))})


def test_a_transfer_that_was_committed_late_is_sealed_late(
    session: Session, keys: Keys, chain: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sealing, "LOOK_BACK", 0)
    give(session, chain[0], 5)
    with as_owner(session):
        session.execute(text("ALTER TABLE points_transfers ALTER no DROP IDENTITY"))
        session.execute(
            text(
                "UPDATE points_transfers SET no = 0 WHERE no = (SELECT max(no) FROM points_transfers)"
            )
        )
    assert sealing.seal(session, keys) == 0
    assert sealing.seal(session, keys, everything=True) == 1
    assert sealing.verify(session, keys).is_whole


def test_checking_may_begin_at_an_anchor(
    session: Session, keys: Keys, chain: list[int], time: Clock
):
    assert sealing.week_ago(session) == (0, GENESIS)
    sealing.anchor(session)
    time.forward(days=8)
    start = sealing.week_ago(session)
    assert start[0] == 10
    give(session, factories.a_citizen(session), 5)
    sealing.seal(session, keys)
    verdict = sealing.verify(session, keys, start=start)
    assert verdict.is_whole
    assert verdict.sealed == 11
