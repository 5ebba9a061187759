"""Commands of the cases: the district's working time."""

from datetime import datetime

import click
from flask.cli import AppGroup

from kernel.database import transaction

from . import office
from .calendars import BadSlots

commands = AppGroup("cases", help="案件：上班时间和特殊日子。")


@commands.command("hours")
@click.argument("slots")
def hours(slots: str) -> None:
    """设定平日的上班时间；已有案件的时限不变。

    例：flask cases hours "09:00-12:00 14:00-18:00"
    """
    try:
        with transaction() as session:
            office.set_hours(session, slots)
    except BadSlots as fault:
        raise click.BadParameter("请写成 09:00-12:00 14:00-18:00 这样") from fault
    click.echo(f"平日上班时间：{slots}")


@commands.command("day")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("slots")
@click.option("--note", required=True, help="为什么，例如：区里统一调休")
def day(day: datetime, slots: str, note: str) -> None:
    """设定某一天的上班时间，不上班就写空的引号；比国务院的安排优先。

    例：flask cases day 2027-02-05 "" --note 区庆放假
    """
    try:
        with transaction() as session:
            office.set_day(session, day.date(), slots, note[:100])
    except BadSlots as fault:
        raise click.BadParameter("请写成 09:00-12:00 14:00-18:00 这样") from fault
    click.echo(f"{day:%Y-%m-%d}：{slots or '不上班'}")
