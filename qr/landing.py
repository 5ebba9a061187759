"""A sign's page as it was made last, for as long as nothing on it can have changed.

It is made of the sign, of what is near, and of the minute (doors open and close on it). Where the
places may have changed or the minute has, they are asked for again, which is quick, and only when
they really say something else is the page made anew.
"""

import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass

from .directory import Sign
from .ports import KindOfPlace

_MOST = 10_000  # pages of some 5 kB
_LEVEL = 6

Facts = tuple[KindOfPlace, ...]


@dataclass(slots=True)
class Kept:
    sign: Sign
    version: object
    minute: int
    facts: Facts
    packed: bytes  # gzip

    def is_good(self, sign: Sign, version: object, minute: int) -> bool:
        return self.sign is sign and self.version is version and self.minute == minute


class Pages:
    """The pages of this process. Threads share it; two may make the same page at once."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], Kept] = {}
        self._lock = threading.Lock()

    def at_hand(
        self,
        sign: Sign,
        version: object,
        minute: int,
        *,
        language: str,
        look: Callable[[], Facts],
    ) -> bytes | None:
        """Return the page as it lies there, gzipped, or None where it must be made anew."""
        key = (sign.code, language)
        kept = self._pages.get(key)
        if kept is None or kept.sign is not sign:
            return None
        if kept.is_good(sign, version, minute):
            return kept.packed
        facts = look()
        if facts != kept.facts:
            return None
        self._pages[key] = Kept(sign, version, minute, facts, kept.packed)
        return kept.packed

    def packed(
        self,
        sign: Sign,
        version: object,
        minute: int,
        *,
        language: str,
        look: Callable[[], Facts],
        make: Callable[[Facts], str],
    ) -> bytes:
        """Return the page, gzipped. `look` asks for the places, `make` writes the page."""
        key = (sign.code, language)
        kept = self._pages.get(key)
        if kept is not None and kept.is_good(sign, version, minute):
            return kept.packed
        facts = look()
        if kept is not None and kept.sign is sign and kept.facts == facts:
            packed = kept.packed
        else:
            packed = gzip.compress(make(facts).encode(), _LEVEL, mtime=0)
        with self._lock:
            if len(self._pages) >= _MOST:
                self._pages = {}
            self._pages[key] = Kept(sign, version, minute, facts, packed)
        return packed

    def forget(self) -> None:
        """Begin anew (tests)."""
        self._pages = {}
