"""Signs in the chat: whoever scans one here, or types its code, gets what its page says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import qr

from . import inbound

if TYPE_CHECKING:
    from qr import Told

# The menu's button that opens the scanner (`scancode_waitmsg`).
BUTTON: Final = "SIGN"
_FIRST: Final = ("parking", "toilet")


def answer(message: inbound.Inbound, public_url: str) -> str | None:
    """Return what to say of the sign that the message is about; None: it is about none."""
    match message:
        case inbound.Scanned(scene=str(said)) | inbound.Followed(scene=str(said)):
            is_asked = said.startswith(qr.SCENE)
        case inbound.CodeScanned(button=button, result=str(said)):
            is_asked = button == BUTTON
        case inbound.Text(content=said):
            is_asked = False
        case _:
            return None
    code = qr.code_in(said, public_url=public_url)
    told = qr.scanned(code) if code else None
    if told is not None:
        return _words(told, public_url)
    return _not_ours() if is_asked else None


def is_asked(message: inbound.Inbound, public_url: str) -> bool:
    """Tell whether a sentence looks like a sign's code, without looking it up and counting."""
    said = message.content if isinstance(message, inbound.Text) else ""
    return bool(said) and qr.code_in(said, public_url=public_url) is not None


def _words(told: Told, public_url: str) -> str:
    sign = told.sign
    if sign.is_retired:
        words = f"「{sign.name}」的标牌（{sign.number}）已经停用。"
        if told.nearest is None:
            return words
        return (
            f"{words}\n\n最近的标牌：{told.nearest.name}\n{_address(told.nearest.code, public_url)}"
        )
    parts = [f"您在「{sign.name}」（标牌 {sign.number}）。"]
    for kind in told.kinds:
        if kind.code in _FIRST and kind.places:
            lines = (
                "，".join(filter(None, (place.name, place.way, place.open_words, place.spaces)))
                for place in kind.places
            )
            parts.append("\n".join([f"最近的{kind.name}：", *(f"· {line}" for line in lines)]))
    address = _address(sign.code, public_url)
    parts.append(f"导航和更多：\n{address}")
    parts.append(f"上报这里的问题：\n{address}/report")
    return "\n\n".join(parts)


def _address(code: str, public_url: str) -> str:
    return f"{public_url}/s/{code}"


def _not_ours() -> str:
    return (
        "这个码不是本区的标牌，请不要在它的页面上付款，也不要填密码、验证码。\n\n"
        "牌面上有 8 位码的话，直接发给我也行，比如 4F7K-2QX9。"
    )
