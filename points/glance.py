"""Points given and spent, day by day: counted from the ledger by its index of time."""

from datetime import date, datetime

from sqlalchemy import Date, cast, func, select
from sqlalchemy.orm import Session

from kernel import clock

from .ledger_models import Transfer
from .rules import Code, Phase


def by_day(session: Session, since: datetime) -> dict[date, tuple[int, int]]:
    """Return what was given for reports and what was spent, by the city's day."""
    day = cast(func.timezone(clock.CITY.key, Transfer.at), Date)
    given = func.sum(Transfer.amount).filter(Transfer.code == Code.AWARD)
    spent = func.sum(Transfer.amount).filter(
        Transfer.code == Code.REDEEM, Transfer.phase == Phase.POST
    )
    rows = session.execute(select(day, given, spent).where(Transfer.at >= since).group_by(day))
    return {on: (int(first or 0), int(second or 0)) for on, first, second in rows}
