"""Commands about the public account."""

import sys
import tomllib
from pathlib import Path

import click
from flask.cli import AppGroup

from . import client
from .client import PlatformError

commands = AppGroup("wechat", help="微信公众号。")
menu = AppGroup("menu", help="公众号菜单。")
commands.add_command(menu)

_MENU = Path(__file__).with_name("menu.toml")


@menu.command("push")
def push() -> None:
    """把 wechat/menu.toml 推送到公众号；一样就不动。

    例：flask wechat menu push
    """
    wanted = tomllib.loads(_MENU.read_text(encoding="utf-8"))
    names = "、".join(button["name"] for button in wanted["button"])
    try:
        if client.current().current_menu() == wanted:
            click.echo(f"菜单没有变化：{names}。")
            return
        client.current().push_menu(wanted)
    except PlatformError as trouble:
        click.echo(f"菜单没有推送成功：{trouble}。请检查公众号设置后再试。", err=True)
        sys.exit(1)
    click.echo(f"菜单已推送：{names}。手机上最多 5 分钟后可见。")
