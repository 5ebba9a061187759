"""What people say is wrong with a plate: counted until somebody has stood before it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from .rules import Trouble
from .upkeep_models import PlateReport


@dataclass(frozen=True, slots=True)
class Said:
    """One trouble of a plate: how often it was told, and the last remark."""

    code: str
    trouble: Trouble
    remark: str | None
    times: int
    last_at: datetime


def complain(
    session: Session, *, code: str, trouble: Trouble, remark: str | None, request_key: str
) -> None:
    """Note a trouble with the plate of a code, or that one more says so; the same form is once."""
    made = insert(PlateReport).values(
        code=code, trouble=trouble, remark=remark, last_key=request_key
    )
    session.execute(
        made.on_conflict_do_update(
            index_elements=["code", "trouble"],
            index_where=PlateReport.settled_at.is_(None),
            set_={
                "times": PlateReport.times + 1,
                "remark": func.coalesce(made.excluded.remark, PlateReport.remark),
                "last_key": made.excluded.last_key,
                "last_at": clock.now(),
            },
            where=PlateReport.last_key != made.excluded.last_key,
        )
    )


def settle(session: Session, code: str, *, staff_id: int) -> None:
    """Close what was said of a plate: somebody has looked, and what he found is in its history."""
    session.execute(
        update(PlateReport)
        .where(PlateReport.code == code, PlateReport.settled_at.is_(None))
        .values(settled_at=clock.now(), staff_id=staff_id)
    )


def open_complaints(session: Session, codes: tuple[str, ...]) -> list[Said]:
    """Return what was said of plates and not looked at yet, the latest first."""
    rows = session.execute(
        select(
            PlateReport.code,
            PlateReport.trouble,
            PlateReport.remark,
            PlateReport.times,
            PlateReport.last_at,
        )
        .where(PlateReport.code.in_(codes), PlateReport.settled_at.is_(None))
        .order_by(PlateReport.last_at.desc())
    )
    return [Said(row[0], Trouble(row[1]), *row[2:]) for row in rows]
