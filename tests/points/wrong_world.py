"""A world with a row in each table of points, and what its laws say to a wrong row."""

import json
import uuid
from datetime import date

from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from points import (
    adjustments,
    appeals,
    book_checks,
    expiry,
    fulfilment,
    reconciliation,
    sealing,
    traces,
)
from points.keys import Keys
from points.models import Keeper
from points.rules import Code, Period, Sort
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import an_item, award, goods, redeem, rich_citizen, settle
from tests.points.wrong_rows import Change


def build(session: Session, time: Clock, keys: Keys) -> None:
    """Have at least one row in each table."""
    citizen_id, staff_id = rich_citizen(session), factories.a_member_of_staff(session)
    item_id, site_id = goods(session, limit_count=3, limit_period=Period.EVER)
    made = redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    fulfilment.rotate_pickup(session, redemption_id=made, citizen_id=citizen_id, keys=keys)
    redeem(session, citizen_id, an_item(session, sort=Sort.VOUCHER, keys=keys), keys).check()
    credit = an_item(session, sort=Sort.CREDIT, worth_fen=1000)
    redeem(session, citizen_id, credit, keys, phone="13800138000").check()
    other = factories.a_citizen(session)
    award(session, other, 1)
    adjustments.reclaim(session, case_id=1, citizen_id=other, staff_id=staff_id, reason="不实")
    appeals.appeal_reclaim(session, citizen_id=other, case_id=1, words="属实")
    appeals.freeze(session, citizen_id=citizen_id, staff_id=staff_id, reason="核实")
    appeals.appeal_freeze(session, citizen_id=citizen_id, words="家人共用")
    traces.see(session, citizen_id=other, keys=keys, device="a phone")
    traces.see_report(session, citizen_id=other, report_no="JB1", spot="wm7b2h80", keys=keys)
    adjustments.mark_insider(session, citizen_id=other, note="坐席", staff_id=staff_id)
    adjustments.propose(
        session,
        proposal_id=uuid.uuid4(),
        code=Code.GRANT,
        citizen_id=citizen_id,
        amount=1,
        reason="补发",
        staff_id=staff_id,
    )
    book_checks.ask(session, staff_id=staff_id)
    expiry.begin_day(session)
    time.forward(hours=1)
    reconciliation.reconcile(session)  # raises an alarm: nothing is sealed yet
    sealing.seal(session, keys)
    sealing.anchor(session, day=date(2026, 11, 15))
    session.execute(text("INSERT INTO points_provider_events VALUES ('e', 'o', 'done')"))
    session.add(Keeper(staff_id=staff_id, site_id=site_id))
    settle(session)


def copied(session: Session, table: str, change: Change) -> tuple[str, dict[str, object]]:
    """Return where a row of the table is, and what it would be with the change."""
    conditions = {name[1:]: value for name, value in change.items() if name[0] == "?"}
    where = " AND ".join(f"t.{name} = :{name}" for name in conditions) or "true"
    statement = f"SELECT t.ctid, to_jsonb(t) FROM points_{table} t WHERE {where} ORDER BY t LIMIT 1"  # noqa: S608  # ours
    place, row = session.execute(text(statement), conditions).one()
    for name, value in change.items():
        if isinstance(value, str) and value.startswith("="):
            row[name] = row[value[1:]]
        elif name[0] != "?" and name not in {"update", "settle"}:
            row[name] = value
    return place, row


def broken_by(session: Session, table: str, change: Change) -> str | None:
    """Write a row with this change, new or in its old place; return the rule that it breaks.

    Nothing stays of it. None: it is taken.
    """
    with session.begin_nested() as nested:
        try:
            _write(session, table, change)
        except IntegrityError as refusal:
            cause = refusal.orig
            return cause.diag.constraint_name if isinstance(cause, errors.Error) else None
        finally:
            nested.rollback()
    return None


def _write(session: Session, table: str, change: Change) -> None:
    place, row = copied(session, table, change)
    found = session.scalars(
        text("""
        SELECT column_name FROM information_schema.columns
        WHERE table_name = :table AND is_generated = 'NEVER' ORDER BY ordinal_position
        """),
        {"table": f"points_{table}"},
    ).all()
    columns = ", ".join(f'"{name}"' for name in found if "update" not in change or name in change)
    made = f"SELECT {columns} FROM jsonb_populate_record(NULL::points_{table}, :row)"  # noqa: S608  # ours
    if "update" in change:
        # What is appended is protected by a trigger: without it the rule itself is seen.
        session.execute(text(f"ALTER TABLE points_{table} DISABLE TRIGGER USER"))
        statement = f"UPDATE points_{table} SET ({columns}) = ({made}) WHERE ctid = :place"  # noqa: S608  # ours
    else:
        statement = f"INSERT INTO points_{table} ({columns}) OVERRIDING SYSTEM VALUE {made}"
    if "settle" in change:
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text(statement), {"row": json.dumps(row), "place": place})
