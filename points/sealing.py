"""Tamper evidence: each transfer is sealed into a chain that only our key can make.

Triggers stop our own code and roles; who owns the database can pass them. The chain shows it:
a row that was changed, put in or taken out breaks it, and without the key it cannot be made
anew. The head of each day is an anchor that is published, so that even we cannot rewrite what
was before it.

Sealing is a job of its own: in the transfer's transaction the chain's head would be one row for
which everybody waits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Row, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from kernel import clock

from . import explorer
from .keys import Keys, hmac
from .models import Anchor, Seal

GENESIS = bytes(32)
FORM = 1
BATCH = 2000
# A transfer whose number was drawn this many numbers ago has long been committed, or never will
# be; `seal(everything=True)`, nightly, looks at all.
LOOK_BACK = 10_000
_SEALER = 20211203

_FIELDS = (
    "id, no, debit_id, credit_id, amount, code, phase, pending_id, source_kind, source_id,"
    " rule_version, account_id, account_seq, available_after, held_after, at, previous_at,"
    " business_on, expires_on, actor_id, approver_id, reason"
)
TransferFields = Iterable[object]


@dataclass(frozen=True)
class Verdict:
    """What checking the chain came to; `first_broken` is a place in it, `why` says what is wrong."""

    sealed: int
    unsealed: int
    head: bytes
    first_broken: int | None = None
    why: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.first_broken is None


def sealed_bytes(row: TransferFields) -> list[bytes]:
    """Return the fields of a transfer in form 1: text, nothing as a byte that text cannot be."""
    return [_field(value) for value in row]


def _field(value: object) -> bytes:
    if value is None:
        return b"\xff"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().encode()
    return str(value).encode()


def link(key: bytes, previous: bytes, seq: int, row: TransferFields) -> bytes:
    """Return the seal of a transfer at its place behind another."""
    return hmac(key, previous, str(seq).encode(), *sealed_bytes(row))


_UNSEALED = """
SELECT {fields} FROM points_transfers t
WHERE t.no > :after AND NOT EXISTS (SELECT FROM points_seals s WHERE s.transfer_id = t.id)
ORDER BY t.no LIMIT :batch
"""


def seal(session: Session, keys: Keys, *, everything: bool = False) -> int:
    """Seal a batch of transfers that are not sealed yet; return how many there were.

    The order of seals is ours, not that of numbers or commits: a late commit is sealed late.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:sealer)"), {"sealer": _SEALER})
    last = session.execute(
        select(Seal.seq, Seal.mac, Seal.key_id).order_by(Seal.seq.desc()).limit(1)
    ).one_or_none()
    if last is not None and last.key_id > keys.newest:
        # Another process has a newer key: what this one made would break the chain.
        raise RuntimeError(f"the chain is sealed with key {last.key_id}, which is not set here")
    newest = session.scalar(select(Seal.transfer_no).order_by(Seal.transfer_no.desc()).limit(1))
    rows = session.execute(
        text(_UNSEALED.format(fields=_FIELDS)),
        {"after": -1 if everything else (newest or 0) - LOOK_BACK, "batch": BATCH},
    ).all()
    seq, head = (0, GENESIS) if last is None else (last.seq, last.mac)
    key_id, seals = keys.newest, []
    for row in rows:
        seq += 1
        head = link(keys.chains[key_id], head, seq, row)
        seals.append(
            {
                "seq": seq,
                "transfer_id": row.id,
                "transfer_no": row.no,
                "form": FORM,
                "key_id": key_id,
                "mac": head,
            }
        )
    if seals:
        session.execute(insert(Seal), seals)
    return len(seals)


def anchor(session: Session, *, day: date | None = None) -> bytes:
    """Write down the head and the totals of a day that is over; return the head.

    The same day again is the same anchor.
    """
    on = day or clock.city_day(clock.now())
    last = session.execute(
        select(Seal.seq, Seal.mac).order_by(Seal.seq.desc()).limit(1)
    ).one_or_none()
    seq, head = (0, GENESIS) if last is None else (last.seq, last.mac)
    session.execute(
        upsert(Anchor)
        .values(day=on, seq=seq, head=head, totals=explorer.totals(session))
        .on_conflict_do_nothing()
    )
    return session.execute(select(Anchor.head).where(Anchor.day == on)).scalar_one()


_CHAIN = """
SELECT s.seq, s.mac, s.form, s.key_id, s.transfer_no, t.id IS NOT NULL AS is_there, {fields}
FROM points_seals s LEFT JOIN points_transfers t ON t.id = s.transfer_id
WHERE s.seq > :after ORDER BY s.seq LIMIT :batch
"""
_PREFIX = 6  # columns before the transfer's


def verify(
    session: Session,
    keys: Keys,
    *,
    anchors: Sequence[tuple[int, bytes]] = (),
    start: tuple[int, bytes] = (0, GENESIS),
) -> Verdict:
    """Follow the chain from its beginning; name the first entry that does not hold.

    `anchors` are places and heads that were published: they are trusted more than the database.
    `start` is a place and its seal from which on to look.
    """
    count, head = start
    known = {seq: mac for seq, mac in _anchors(session) if seq > count} | dict(anchors)
    key_id = 0
    for row in _chain(session, count):
        count += 1
        why = _fault(keys, (head, key_id), count, row, known.get(count))
        if why is not None:
            return Verdict(count - 1, 0, head, count, why)
        head, key_id = row.mac, row.key_id
    beyond = min((seq for seq in known if seq > count), default=None)
    if beyond is not None:
        return Verdict(count, 0, head, count + 1, f"an anchor at {beyond}, the chain ends before")
    unsealed = session.scalar(
        text("SELECT (SELECT count(*) FROM points_transfers) - (SELECT count(*) FROM points_seals)")
    )
    return Verdict(count, int(unsealed or 0), head)


def _fault(
    keys: Keys,
    before: tuple[bytes, int],
    seq: int,
    row: Row[tuple[object, ...]],
    anchored: bytes | None,
) -> str | None:
    head, key_id = before
    wrongs = {
        "a seal is missing": row.seq != seq,
        "its transfer is gone": not row.is_there,
        "an unknown form of seal": row.form != FORM,
        f"sealed with key {row.key_id}, which key {key_id} had replaced": row.key_id < key_id,
        f"sealed with key {row.key_id}, which is not set": row.key_id not in keys.chains,
    }
    wrong = next((words for words, is_so in wrongs.items() if is_so), None)
    if wrong is not None:
        return wrong
    if row.mac != link(keys.chains[row.key_id], head, seq, tuple(row)[_PREFIX:]):
        return f"transfer {row.id} is not what was sealed"
    if anchored is not None and anchored != row.mac:
        return "the published head is another"
    return None


def _chain(session: Session, after: int) -> Iterator[Row[tuple[object, ...]]]:
    while True:
        rows = session.execute(
            text(_CHAIN.format(fields=_FIELDS)), {"after": after, "batch": BATCH}
        ).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].seq


def week_ago(session: Session) -> tuple[int, bytes]:
    """Return the youngest anchor that is a week old, or the beginning."""
    week = clock.city_day(clock.now()) - timedelta(days=7)
    row = session.execute(
        select(Anchor.seq, Anchor.head)
        .where(Anchor.day <= week, Anchor.seq > 0)
        .order_by(Anchor.day.desc())
        .limit(1)
    ).one_or_none()
    return (0, GENESIS) if row is None else (row.seq, row.head)


def _anchors(session: Session) -> list[tuple[int, bytes]]:
    rows = session.execute(select(Anchor.seq, Anchor.head).where(Anchor.seq > 0))
    return [(row.seq, row.head) for row in rows]
