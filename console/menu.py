"""The desk's main menu: what `app.py` hands in, as far as a role may open it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts import Role


@dataclass(frozen=True)
class Entry:
    """A page of the menu; no roles named means all staff."""

    endpoint: str
    words: str
    roles: frozenset[Role] = frozenset()


def menu_for(entries: Sequence[Entry]) -> Callable[[Role], list[Entry]]:
    """Return the function that the layout asks for a role's entries."""

    def of(role: Role) -> list[Entry]:
        return [
            entry
            for entry in entries
            if not entry.roles or role in entry.roles or role is Role.ADMINISTRATOR
        ]

    return of
