"""`flask open311 key …`: keys of other systems; `flask webhooks …`: who is told of cases."""

import sys

import click
from flask.cli import AppGroup

from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import settings

from . import keys, webhooks
from .errors import NoSuchHook, NoSuchKey
from .rules import PER_MINUTE, SOURCES, Scope

commands = AppGroup("open311", help="Open311 接口。")
key = AppGroup("key", help="外部系统的密钥。")
commands.add_command(key)
hooks = AppGroup("webhooks", help="事件订阅：案件每走一步，通知外部系统。")


@key.command("add")
@click.argument("name")
@click.option("--source", default="open311", type=click.Choice(SOURCES), help="上报算作什么来源")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=[Scope.REPORT.value],
    type=click.Choice([scope.value for scope in Scope]),
    help="权限，可写多次；默认只能上报",
)
@click.option("--per-minute", default=PER_MINUTE, show_default=True, help="每分钟最多请求次数")
@click.option("--key-stdin", is_flag=True, help="密钥由标准输入给出，不另外生成")
@click.option("--if-missing", is_flag=True, help="已有这个名称时什么也不做")
def add(
    name: str,
    source: str,
    scopes: tuple[str, ...],
    per_minute: int,
    *,
    key_stdin: bool,
    if_missing: bool,
) -> None:
    """添加一个密钥（只显示这一次）。

    例：flask open311 key add 江北巡查系统 --source patrol --scope report --scope update
    """
    given = sys.stdin.readline().strip() if key_stdin else None
    try:
        with transaction() as session:
            if if_missing and keys.key_named(session, name) is not None:
                click.echo(f"密钥 {name} 已经有了，没有改动。")
                return
            made = keys.add_key(
                session, name=name, source=source, scopes=scopes, per_minute=per_minute, key=given
            )
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    if given:
        click.echo(f"已添加密钥 {name}。")
        return
    click.echo(f"已添加密钥 {name}，只显示这一次，请收好：")
    click.echo(made)


@key.command("list")
def show() -> None:
    """列出全部密钥（不含密钥本身）。

    例：flask open311 key list
    """
    with transaction() as session:
        rows = keys.all_keys(session)
    for row in rows:
        used = f"{row.last_used_at:%Y-%m-%d %H:%M}Z" if row.last_used_at else "没有用过"
        state = "已停用" if row.ended_at else used
        click.echo(f"{row.name}\t{row.source}\t{','.join(row.scopes)}\t{state}")


@key.command("end")
@click.argument("name")
def end(name: str) -> None:
    """停用一个密钥。

    例：flask open311 key end 江北巡查系统
    """
    try:
        with transaction() as session:
            found = keys.key_named(session, name)
            if found is None:
                raise NoSuchKey
            keys.end_key(session, key_id=found)
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已停用密钥 {name}。")


@hooks.command("add")
@click.argument("name")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    default=[webhooks.ALL],
    type=click.Choice([webhooks.ALL, *webhooks.EVENTS]),
    help="事件，可写多次；默认全部",
)
def subscribe(name: str, url: str, events: tuple[str, ...]) -> None:
    """添加一个订阅，给出签名密钥（只显示这一次）。

    例：flask webhooks add 区大屏 https://screen.example/hook --event case.filed --event case.closed
    """
    try:
        with transaction() as session:
            made = webhooks.subscribe(
                session,
                name=name,
                url=url,
                events=events,
                pepper=settings().secret_key.get_secret_value(),
                may_be_private=settings().exchange_private_addresses,
            )
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已添加订阅 {name}，签名密钥只显示这一次，请收好：")
    click.echo(made)


@hooks.command("list")
def show_hooks() -> None:
    """列出全部订阅。

    例：flask webhooks list
    """
    with transaction() as session:
        rows = webhooks.all_hooks(session)
    for row in rows:
        click.echo(
            f"{row.name}\t{row.url}\t{','.join(row.events)}\t{'已停用' if row.ended_at else '在用'}"
        )


@hooks.command("end")
@click.argument("name")
def end_hook(name: str) -> None:
    """停用一个订阅，没送到的不再发送。

    例：flask webhooks end 区大屏
    """
    try:
        with transaction() as session:
            found = webhooks.hook_named(session, name)
            if found is None:
                raise NoSuchHook
            webhooks.end(session, hook_id=found)
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已停用订阅 {name}。")
