"""What must be true at every moment, written a second time in plain SQL over the rows."""

from sqlalchemy import text
from sqlalchemy.orm import Session

# Each returns rows only where something is wrong.
WRONG = {
    "balances are the sum of what was moved": """
        SELECT a.id FROM points_accounts a LEFT JOIN points_transfers t ON t.account_id = a.id
        GROUP BY a.id, a.available, a.held
        HAVING a.available <> coalesce(sum(CASE t.phase
            WHEN 'single' THEN CASE WHEN t.debit_id < 1000 THEN t.amount ELSE -t.amount END
            WHEN 'pending' THEN -t.amount WHEN 'void' THEN t.amount ELSE 0 END), 0)
        OR a.held <> coalesce(sum(CASE t.phase WHEN 'pending' THEN t.amount
            WHEN 'post' THEN -t.amount WHEN 'void' THEN -t.amount ELSE 0 END), 0)
    """,
    "nothing is below nothing": """
        SELECT id FROM points_accounts WHERE available < 0 OR held < 0
    """,
    "an account's transfers are numbered without a gap": """
        SELECT account_id FROM points_transfers
        GROUP BY account_id HAVING max(account_seq) <> count(*)
    """,
    "time rises": """
        SELECT id FROM (SELECT id, at, lag(at) OVER (PARTITION BY account_id ORDER BY account_seq)
        AS before FROM points_transfers) t WHERE at <= before
    """,
    "what is free in the lots is what is available": """
        SELECT a.id FROM points_accounts a LEFT JOIN points_lots l ON l.account_id = a.id
        WHERE a.kind = 'wallet' GROUP BY a.id, a.available
        HAVING a.available <> coalesce(sum(l.free), 0)
    """,
    "a lot's free part is the sum of its entries": """
        SELECT l.account_id FROM points_lots l
        LEFT JOIN points_lot_entries e USING (account_id, expires_on)
        GROUP BY l.account_id, l.expires_on, l.free HAVING l.free <> coalesce(sum(e.change), 0)
    """,
    "a void gives back to the lots what its hold took": """
        SELECT v.id FROM points_transfers v
        JOIN points_lot_entries e ON e.transfer_id IN (v.id, v.pending_id)
        WHERE v.phase = 'void' GROUP BY v.id, e.expires_on HAVING sum(e.change) <> 0
    """,
    "held points are open redemptions": """
        SELECT a.id FROM points_accounts a
        LEFT JOIN points_redemptions r ON r.account_id = a.id
            AND r.status IN ('requested', 'ready')
        WHERE a.kind = 'wallet' GROUP BY a.id, a.held
        HAVING a.held <> coalesce(sum(r.price), 0)
    """,
    "a unit is free or somebody's or written off, and one only": """
        SELECT u.item_id, u.unit_no FROM points_units u
        LEFT JOIN points_redemptions r ON r.item_id = u.item_id AND r.unit_no = u.unit_no
            AND r.status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')
        GROUP BY u.item_id, u.unit_no, u.is_free, u.written_off_at
        HAVING (u.is_free)::int + (u.written_off_at IS NOT NULL)::int + count(r.id) <> 1
    """,
    "nobody has more than the limit": """
        SELECT citizen_id FROM points_redemptions
        WHERE limit_no IS NOT NULL AND status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')
        GROUP BY citizen_id, item_id, limit_period, limit_count HAVING count(*) > limit_count
    """,
    "an award has its transfer": """
        SELECT a.case_id FROM points_awards a LEFT JOIN points_transfers t ON t.id = a.transfer_id
        WHERE a.points > 0 AND (t.amount IS DISTINCT FROM a.points OR t.code <> 'award')
    """,
    "the books close": """
        SELECT 1 FROM (SELECT
            coalesce(sum(amount) FILTER (WHERE phase IN ('single', 'post')
                AND credit_id >= 1000), 0)
            - coalesce(sum(amount) FILTER (WHERE phase IN ('single', 'post')
                AND debit_id >= 1000), 0) AS net FROM points_transfers) t
        WHERE net <> (SELECT coalesce(sum(available + held), 0) FROM points_accounts)
    """,
}


def broken(session: Session) -> list[str]:
    """Return the names of what is not true."""
    session.flush()
    return [name for name, rows in WRONG.items() if session.execute(text(rows)).first()]
