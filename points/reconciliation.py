"""The books are checked against themselves: what does not tie is frozen and raises an alarm.

Constraints make most of this impossible for our code. What is found here was done past them: by
hand as the owner, by a restore, by a disk. Nothing is healed: the evidence stays as it is.
"""

import logging
import secrets
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from .models import Alarm

log = logging.getLogger(__name__)

MOST_FINDINGS = 1000  # of one check; more are not listed, the first thousand are enough to stop


@dataclass(frozen=True)
class Finding:
    """Something that does not tie. `subject` is "account:7", "item:3", "redemption:…" or "books"."""

    check: str
    subject: str
    detail: str


_SIGNED = """CASE phase WHEN 'single' THEN CASE WHEN debit_id < 1000 THEN amount ELSE -amount END
    WHEN 'pending' THEN -amount WHEN 'void' THEN amount ELSE 0 END"""
_HELD = "CASE phase WHEN 'single' THEN 0 WHEN 'pending' THEN amount ELSE -amount END"
_WEIGHT = "(uuid_hash_extended({id}, CAST(:seed AS bigint)) & 4294967295)"
_LIVE = "status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')"

# ruff: noqa: S608 - every piece of these statements is written in this file
# name -> rows of (subject, detail), only where something is wrong.
CHECKS: dict[str, str] = {
    "balance": f"""
        SELECT 'account:' || a.id, format('has %s+%s, its transfers say %s+%s',
            a.available, a.held, coalesce(t.free, 0), coalesce(t.held, 0))
        FROM points_accounts a LEFT JOIN (
            SELECT account_id, sum({_SIGNED}) AS free, sum({_HELD}) AS held
            FROM points_transfers GROUP BY account_id
        ) t ON t.account_id = a.id
        WHERE (a.available, a.held) IS DISTINCT FROM (coalesce(t.free, 0), coalesce(t.held, 0))
    """,
    "order": """
        SELECT 'account:' || a.id, format('is at %s, has %s transfers up to %s',
            a.seq, coalesce(t.count, 0), coalesce(t.last, 0))
        FROM points_accounts a LEFT JOIN (
            SELECT account_id, count(*) AS count, max(account_seq) AS last
            FROM points_transfers GROUP BY account_id
        ) t ON t.account_id = a.id
        WHERE a.seq <> coalesce(t.count, 0) OR a.seq <> coalesce(t.last, 0)
    """,
    "lots of wallet": """
        SELECT 'account:' || a.id, format('has %s, its lots %s', a.available, coalesce(l.free, 0))
        FROM points_accounts a LEFT JOIN (
            SELECT account_id, sum(free) AS free FROM points_lots GROUP BY account_id
        ) l ON l.account_id = a.id
        WHERE a.kind = 'wallet' AND a.available <> coalesce(l.free, 0)
    """,
    "entries of lot": """
        SELECT 'account:' || l.account_id,
            format('lot of %s has %s, its entries %s', l.expires_on, l.free, coalesce(e.free, 0))
        FROM points_lots l LEFT JOIN (
            SELECT account_id, expires_on, sum(change) AS free
            FROM points_lot_entries GROUP BY account_id, expires_on
        ) e USING (account_id, expires_on)
        WHERE l.free <> coalesce(e.free, 0)
    """,
    # Each side's sum by account, every transfer weighed by a number that nobody can foresee: what
    # differs in one transfer differs in the sum, and ten million need no table of ten million.
    "entries of transfer": f"""
        SELECT 'account:' || s.account_id, format('transfer %s moved %s, its lots %s',
            coalesce(w.id::text, '?'), w.moved, w.changed)
        FROM (
            SELECT account_id FROM (
                SELECT account_id, {_SIGNED} * {_WEIGHT.format(id="id")} AS part
                FROM points_transfers WHERE account_kind = 'wallet' AND phase <> 'post'
                UNION ALL
                SELECT account_id, -change * {_WEIGHT.format(id="transfer_id")}
                FROM points_lot_entries
            ) parts GROUP BY account_id HAVING sum(part) <> 0
        ) s LEFT JOIN LATERAL (
            SELECT id, {_SIGNED} AS moved, e.changed FROM points_transfers t, LATERAL (
                SELECT coalesce(sum(change), 0) AS changed FROM points_lot_entries
                WHERE transfer_id = t.id
            ) e WHERE t.account_id = s.account_id AND {_SIGNED} <> e.changed
            ORDER BY account_seq LIMIT 1
        ) w ON true
    """,
    "held": """
        SELECT 'account:' || a.id, format('holds %s, open redemptions %s',
            a.held, coalesce(r.price, 0))
        FROM points_accounts a LEFT JOIN (
            SELECT account_id, sum(price) AS price FROM points_redemptions
            WHERE status IN ('requested', 'ready') GROUP BY account_id
        ) r ON r.account_id = a.id
        WHERE a.kind = 'wallet' AND a.held <> coalesce(r.price, 0)
    """,
    "resolution": """
        SELECT 'redemption:' || r.id, format('is %s, its hold %s', r.status,
            coalesce(t.phase, 'open'))
        FROM points_redemptions r LEFT JOIN points_transfers t ON t.pending_id = r.hold_id
        WHERE t.phase IS DISTINCT FROM r.resolution
    """,
    "oversold": f"""
        SELECT 'item:' || item_id, format('unit %s is promised %s times', unit_no, count(*))
        FROM points_redemptions WHERE {_LIVE} AND unit_no IS NOT NULL
        GROUP BY item_id, unit_no HAVING count(*) > 1
    """,
    "units": f"""
        SELECT 'item:' || u.item_id, format('unit %s is %s and has %s redemptions', u.unit_no,
            CASE WHEN u.is_free THEN 'free' WHEN u.written_off_at IS NULL THEN 'taken'
            ELSE 'gone' END, coalesce(r.count, 0))
        FROM points_units u LEFT JOIN (
            SELECT item_id, unit_no, count(*) FROM points_redemptions
            WHERE {_LIVE} AND unit_no IS NOT NULL GROUP BY item_id, unit_no
        ) r ON r.item_id = u.item_id AND r.unit_no = u.unit_no
        WHERE u.is_free::int + (u.written_off_at IS NOT NULL)::int + coalesce(r.count, 0) <> 1
    """,
    "voucher units": """
        SELECT 'item:' || u.item_id, format('unit %s has no code', u.unit_no)
        FROM points_units u JOIN points_items i ON i.id = u.item_id AND i.sort = 'voucher'
        LEFT JOIN points_voucher_codes c USING (item_id, unit_no) WHERE c.unit_no IS NULL
    """,
    "awards": """
        SELECT 'case:' || a.case_id, format('earned %s, was given %s', a.points,
            coalesce(t.amount, 0))
        FROM points_awards a LEFT JOIN points_transfers t ON t.id = a.transfer_id
        WHERE a.points <> coalesce(t.amount, 0)
        UNION ALL
        SELECT 'account:' || t.account_id, format('award %s was decided by nobody', t.id)
        FROM points_transfers t LEFT JOIN points_awards a ON a.transfer_id = t.id
        WHERE t.code = 'award' AND t.source_kind = 'case' AND a.case_id IS NULL
    """,
    "books": """
        SELECT 'books', format('people have %s, the house gave %s', a.points, t.points)
        FROM (SELECT coalesce(sum(available + held), 0) AS points FROM points_accounts) a,
        (SELECT coalesce(sum(CASE WHEN debit_id < 1000 THEN amount ELSE -amount END), 0) AS points
            FROM points_transfers WHERE phase IN ('single', 'post')) t
        WHERE a.points <> t.points
    """,
    "credit orders": """
        SELECT 'redemption:' || c.redemption_id, format('order %s is %s, redemption %s', c.order_no,
            c.state, r.status)
        FROM points_recharges c JOIN points_redemptions r ON r.id = c.redemption_id
        WHERE (c.state = 'done') <> (r.status = 'fulfilled')
        OR (c.state = 'failed') <> (r.status = 'failed')
        OR (c.state = 'sent' AND r.status <> 'ready')
    """,
    "frozen": """
        SELECT 'account:' || a.id, CASE WHEN f.id IS NULL THEN 'is frozen for no reason'
            ELSE format('is not frozen, freeze %s is open', f.id) END
        FROM points_accounts a LEFT JOIN points_freezes f
            ON f.citizen_id = a.citizen_id AND f.lifted_at IS NULL
        WHERE a.kind = 'wallet' AND a.is_frozen <> (f.id IS NOT NULL)
    """,
    # Work that stays lying: nobody is frozen for it, somebody must look.
    "overdue": """
        SELECT 'redemption:' || id, format('no. %s waits since %s', no, due_at)
        FROM points_redemptions WHERE status = 'requested' AND due_at < CAST(:now AS timestamptz) - interval '7 days'
        UNION ALL
        SELECT 'redemption:' || redemption_id, format('order %s is unknown since %s', order_no,
            sent_at)
        FROM points_recharges WHERE state = 'sent' AND sent_at < CAST(:now AS timestamptz) - interval '1 day'
    """,
    # A seal is of one transfer and a transfer has one: what is not sealed is the difference. Only
    # what is new is looked at one by one, since that may wait.
    "unsealed": """
        SELECT 'books', format('%s transfers are not sealed', late) FROM (SELECT
            (SELECT count(*) FROM points_transfers) - (SELECT count(*) FROM points_seals)
            - (SELECT count(*) FROM points_transfers t
                WHERE at >= CAST(:now AS timestamptz) - interval '10 minutes'
                AND NOT EXISTS (SELECT FROM points_seals s WHERE s.transfer_id = t.id)) AS late
        ) counted WHERE late > 0
    """,
    "much by one hand": """
        SELECT 'staff:' || maker_id, format('proposed %s points on %s', sum(amount), day)
        FROM (SELECT maker_id, amount, (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day
            FROM points_proposals WHERE created_at > CAST(:now AS timestamptz) - interval '2 days') p
        GROUP BY maker_id, day HAVING sum(amount) > 10000
    """,
}


def widen(session: Session) -> None:
    """Give this transaction memory for sums over all rows."""
    session.execute(text("SET LOCAL work_mem = '192MB'"))


def reconcile(session: Session) -> tuple[Finding, ...]:
    """Run every check; freeze what does not tie, and raise an alarm once for each finding."""
    return tuple(finding for name in CHECKS for finding in check(session, name))


def check(session: Session, name: str) -> tuple[Finding, ...]:
    """Run one check; freeze what does not tie, and raise an alarm once for each finding."""
    widen(session)
    rows = session.execute(
        # Materialized: with a limit alone it would be planned as if a thousand were soon found.
        text(
            f"WITH found AS MATERIALIZED ({CHECKS[name]}) SELECT * FROM found LIMIT {MOST_FINDINGS}"
        ),
        {"now": clock.now(), "seed": secrets.randbits(62)},
    )
    findings = tuple(Finding(name, str(row[0]), str(row[1])) for row in rows)
    for finding in findings:
        _freeze(session, finding)
        _alarm(session, finding)
    return findings


# Who it is about -> his points are frozen, and a freeze says why, so that he may appeal.
_FREEZE_PERSON = """
WITH frozen AS (
    UPDATE points_accounts SET is_frozen = true
    WHERE citizen_id = (SELECT citizen_id FROM {of_whom}) RETURNING citizen_id
)
INSERT INTO points_freezes (citizen_id, reason)
SELECT DISTINCT citizen_id, '对账不符，正在核对' FROM frozen
ON CONFLICT (citizen_id) WHERE lifted_at IS NULL DO NOTHING
"""
_FREEZE = {
    "account": text(
        _FREEZE_PERSON.format(of_whom="points_accounts WHERE id = CAST(:id AS bigint)")
    ),
    "redemption": text(
        _FREEZE_PERSON.format(of_whom="points_redemptions WHERE id = CAST(:id AS uuid)")
    ),
    "item": text("UPDATE points_items SET is_frozen = true WHERE id = CAST(:id AS bigint)"),
}
_WORK = {"overdue", "unsealed", "much by one hand"}


def _freeze(session: Session, finding: Finding) -> None:
    kind, _, number = finding.subject.partition(":")
    statement = _FREEZE.get(kind)
    if statement is not None and finding.check not in _WORK:
        session.execute(statement, {"id": number})


def _alarm(session: Session, finding: Finding) -> None:
    made = session.scalar(
        insert(Alarm)
        .values(check=finding.check, subject=finding.subject, detail=finding.detail)
        .on_conflict_do_nothing()
        .returning(Alarm.id)
    )
    if made is not None:
        log.error("points do not tie: %s, %s: %s", finding.check, finding.subject, finding.detail)
