"""The account's menu as it is shipped: the platform takes it, and each tap is understood."""

import tomllib
from collections.abc import Iterator
from typing import Any

from simulator import menu
from tests.conftest import ROOT
from wechat import conversation, signs
from wechat.seeking import KINDS

SHIPPED: dict[str, Any] = tomllib.loads((ROOT / "wechat/menu.toml").read_text("utf-8"))


def keys() -> Iterator[str]:
    for button in SHIPPED["button"]:
        yield from (below["key"] for below in button.get("sub_button", [button]))


def test_the_platform_takes_it() -> None:
    menu.check(SHIPPED)


def test_each_tap_is_understood() -> None:
    nearby = {f"NEARBY_{kind.upper()}" for kind in KINDS}
    assert set(keys()) <= nearby | set(conversation._BUTTONS) | {signs.BUTTON}
    assert "NEARBY_TOILET" in keys()


def test_a_button_opens_the_scanner_and_the_chat_knows_its_key() -> None:
    buttons = [b for each in SHIPPED["button"] for b in each.get("sub_button", [each])]
    scanners = [button["key"] for button in buttons if button["type"] == "scancode_waitmsg"]
    assert scanners == [signs.BUTTON]
