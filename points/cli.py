"""Commands about points: the books, the chain, the day, the role."""

import csv
from datetime import datetime
from typing import TextIO

import click
from flask.cli import AppGroup

import accounts
from kernel.database import transaction

from . import expiry, keys, recharge, reconciliation, roles, sealing
from .models import Anchor
from .provider import Outcome

commands = AppGroup("points", help="积分账本。")


@commands.command("reconcile")
def reconcile() -> None:
    """核对账本；有不符时列出、冻结并以 1 退出。"""
    with transaction() as session:
        findings = reconciliation.reconcile(session)
    for finding in findings:
        click.echo(f"{finding.check}\t{finding.subject}\t{finding.detail}")
    if findings:
        click.echo(f"有 {len(findings)} 处不符，相关积分和商品已冻结。", err=True)
        raise SystemExit(1)
    click.echo("账目全部相符。")


@commands.command("verify")
@click.option("--anchor", "anchors", multiple=True, help="公布过的锚，形如 1234:十六进制")
def verify(*, anchors: tuple[str, ...]) -> None:
    """从头验证封签链；断开时指出第一处并以 1 退出。"""
    try:
        published = [
            (int(seq), bytes.fromhex(head))
            for seq, _, head in (words.partition(":") for words in anchors)
        ]
    except ValueError:
        raise click.BadParameter("锚的写法是 序号:十六进制") from None
    with transaction() as session:
        verdict = sealing.verify(session, keys.current(), anchors=published)
    if not verdict.is_whole:
        click.echo(f"第 {verdict.first_broken} 条断开：{verdict.why}", err=True)
        raise SystemExit(1)
    click.echo(
        f"{verdict.sealed} 条完好，{verdict.unsealed} 条待封；{verdict.sealed}:{verdict.head.hex()}"
    )


@commands.command("anchors")
@click.option("--last", default=7, show_default=True, help="最近几天")
def anchors(*, last: int) -> None:
    """列出可以公布的每日锚和当日累计。"""
    with transaction() as session:
        for kept in session.query(Anchor).order_by(Anchor.day.desc()).limit(last):
            click.echo(f"{kept.day}\t{kept.seq}:{kept.head.hex()}\t{kept.totals}")


@commands.command("confirm-day")
@click.option("--staff", "usernames", nargs=2, required=True, help="两位核对过时间的工作人员")
def confirm_day(*, usernames: tuple[str, str]) -> None:
    """服务器日期跳动后，由两人确认今天的日期，让过期处理继续。"""
    with transaction() as session:
        people = [
            session.query(accounts.Staff.id).filter_by(username=name).scalar() for name in usernames
        ]
        if None in people or people[0] == people[1]:
            raise click.BadParameter("需要两位不同的工作人员")
        day, _ = expiry.begin_day(session, actor_id=people[0], approver_id=people[1])
    click.echo(f"已确认今天是 {day}。")


@commands.command("credit-statement")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="首日")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="末日")
def credit_statement(*, file: TextIO, first: datetime, last: datetime) -> None:
    """核对话费供应商的对账单（CSV，列 order_no、outcome）；有不符时列出、报警并以 1 退出。"""
    try:
        said = {row["order_no"]: Outcome(row["outcome"]) for row in csv.DictReader(file)}
    except (KeyError, ValueError, csv.Error):
        raise click.BadParameter("要有 order_no 和 outcome（done、failed、waiting）两列") from None
    with transaction() as session:
        differences = recharge.compare(session, said, first=first.date(), last=last.date())
    for each in differences:
        click.echo(each)
    if differences:
        click.echo(f"有 {len(differences)} 处不符，已报警。", err=True)
        raise SystemExit(1)
    click.echo("对账单与账本全部相符。")


@commands.command("role-sql")
@click.argument("role")
def role_sql(*, role: str) -> None:
    """打印给服务帐号授权的 SQL：账本只能追加。"""
    for statement in roles.grants(role):
        click.echo(f"{statement};")
