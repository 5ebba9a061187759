"""Commands about staff."""

import sys

import click
from flask.cli import AppGroup

from kernel.database import transaction
from kernel.errors import Refusal

from .administration import create_staff
from .errors import UsernameTaken
from .rules import Role

commands = AppGroup("accounts", help="工作人员帐号。")


@commands.command("create-staff")
@click.option("--username", required=True, help="2 到 32 个小写字母、数字、点或横线")
@click.option("--name", default="", help="显示的姓名")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ACCEPTOR.value,
    show_default=True,
)
@click.option("--body-id", type=int, help="责任单位人员所属单位的编号")
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码，不提问")
@click.option("--if-missing", is_flag=True, help="已有这个用户名时什么也不做")
def create(
    *,
    username: str,
    name: str,
    role: str,
    body_id: int | None,
    password_stdin: bool,
    if_missing: bool,
) -> None:
    """添加一位工作人员。

    例：flask accounts create-staff --username li.na --name 李娜 --role acceptor
    """
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("密码", hide_input=True, confirmation_prompt="再输一次")
    try:
        with transaction() as session:
            create_staff(
                session,
                username=username,
                name=name,
                password=password,
                role=Role(role),
                body_id=body_id,
            )
    except UsernameTaken as taken:
        if not if_missing:
            raise click.ClickException(taken.sentence) from taken
        click.echo(f"{username} 已经在了，没有改动。")
        return
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已添加 {username}（{role}）。")
