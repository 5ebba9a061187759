"""Commands of the cases: the district's working time, rules for a demonstration."""

from datetime import datetime

import click
from flask.cli import AppGroup

import territory
from kernel import clock
from kernel.database import transaction

from . import editing, office, rulebooks, trying
from .calendars import BadSlots
from .matching import Line

commands = AppGroup("cases", help="案件：上班时间、特殊日子、演示规则。")


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


# The demo's departments by what they look after; streets get the rest of their own ground.
_DEMO_RULES = {
    "C01": "500105-D1",
    "C0137": "500105-D4",
    "C02": "500105-D6",
    "C03": "500105-D2",
    "C04": "500105-D3",
    "E01": "500105-D2",
}


@commands.command("demo-rules")
def demo_rules() -> None:
    """装入演示派遣规则；已经有规则时什么也不做。

    例：flask cases demo-rules
    """
    with transaction() as session:
        if rulebooks.live_book(session) or rulebooks.draft_book(session):
            click.echo("派遣规则已经有了，没有改动。")
            return
        bodies = territory.body_codes(session)
        wanted: list[tuple[str | None, str | None, str]] = [
            *((key, None, code) for key, code in _DEMO_RULES.items()),
            *((None, street.code, street.code) for street in territory.streets(session)),
        ]
        book = editing.begin_draft(session, None)
        for class_key, area_code, body in wanted:
            if body in bodies:
                line = Line(0, bodies[body], class_key, area_code)
                editing.set_rule(session, staff_id=None, seen_revision=book.revision, line=line)
        count = book.revision
        trying.try_out(session, clock.now())
        editing.go_live(session, staff_id=None, seen_revision=count, note="演示规则")
    click.echo(f"演示派遣规则：{count} 条。")
