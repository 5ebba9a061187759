"""Danger: what a resident must do at once, before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .wording import join

if TYPE_CHECKING:
    from collections.abc import Collection

_DANGERS: Final = {
    "fire": "马上离开，打 119。",
    "gas": "到屋外去，打 119 和燃气公司抢修电话。别开关电器，别点火。",
    "electric": "离电线和积水远一点，千万别碰，打 110 或者电力抢修 95598。",
    "collapse": "走远一点，别靠近，有人被困打 119。",
    "hurt": "救人要紧，打 120；要人帮忙，打 110。",
    "crime": "先保护好自己，打 110。",
}


def danger(kinds: Collection[str]) -> str:
    return "先顾安全！" + join(*(words for kind, words in _DANGERS.items() if kind in kinds))


def once_safe() -> str:
    return "您安全了，再接着报："
