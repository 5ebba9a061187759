"""Commands about the public account."""

import sys
import tomllib
from pathlib import Path
from urllib.parse import quote

import click
from flask.cli import AppGroup

from kernel.settings import current

from . import checking, client
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


@commands.command("check")
def check() -> None:
    """检查公众号：凭证、推送地址、菜单、今天的额度。

    例：flask wechat check
    """
    try:
        _tell_of_account()
    except PlatformError as trouble:
        rid = f"（rid {trouble.rid}）" if trouble.rid else ""
        click.echo(f"没有通过：{trouble}{rid}。", err=True)
        sys.exit(1)


def _tell_of_account() -> None:
    found = checking.addresses(client.current(), current().wechat_callback_addresses)
    click.echo("凭证可用。")
    click.echo(f"微信从 {len(found.told)} 个地址推送：{'、'.join(found.told)}")
    if not current().wechat_callback_addresses:
        click.echo("没有限制来源。要限制，请设置 BAIXING_WECHAT_CALLBACK_ADDRESSES。")
    wanted = tomllib.loads(_MENU.read_text(encoding="utf-8"))
    same = client.current().current_menu() == wanted
    click.echo(
        "菜单是最新的。" if same else "菜单和 wechat/menu.toml 不一样：flask wechat menu push"
    )
    for quota in checking.quotas(client.current()):
        mark = "  ← 快用完了" if checking.is_nearly_used_up(quota) else ""
        click.echo(f"{quota.endpoint}  {quota.used}/{quota.daily}{mark}")
    if found.refused:
        click.echo(f"这些地址会被拒绝，请加进设置：{'、'.join(found.refused)}", err=True)
        sys.exit(1)


@commands.command("qr")
@click.argument("scene")
@click.option("--days", type=click.IntRange(1, 30), help="几天后失效；不写就一直有效。")
def qr(scene: str, days: int | None) -> None:
    """生成带参数的二维码：扫了就关注公众号，并告诉我们 SCENE。

    例：flask wechat qr AB12CD
    """
    lasts_s = None if days is None else days * 86400
    try:
        code = client.current().create_code(scene, lasts_s=lasts_s)
    except ValueError:
        click.echo("参数要有 1 到 64 个字母、数字、符号或汉字，不能有空格。", err=True)
        sys.exit(2)
    except PlatformError as trouble:
        click.echo(f"没有生成：{trouble}。请稍后再试。", err=True)
        sys.exit(1)
    click.echo(f"要印成二维码的网址：{code.url}")
    click.echo(
        f"微信画好的图片：https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket={quote(code.ticket)}"
    )
