"""The keys of this package, made from secrets that never enter the database.

Seals have keys of their own, by number, so that whoever learns the secret of the cookies cannot
write the ledger's chain anew. Number 0 is made from that secret: the chain's key where no other
is set, and of what was sealed before one was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel import keys
from kernel.keys import Unreadable, hmac

__all__ = ["Keys", "Unreadable", "connect", "current", "hmac"]


@dataclass(frozen=True, repr=False)
class Keys:
    chains: Mapping[int, bytes] = field(hash=False)  # of seals, by number; the largest seals now
    codes: bytes
    lookups: bytes

    @classmethod
    def of(cls, secret: str, seal_keys: Mapping[int, str] | None = None) -> "Keys":
        chains = {0: keys.derive(secret, "points chain")} | {
            number: keys.derive(words, "points chain")
            for number, words in (seal_keys or {}).items()
        }
        return cls(chains, *(keys.derive(secret, f"points {use}") for use in ("codes", "lookups")))

    @property
    def newest(self) -> int:
        """The number of the key that seals now."""
        return max(self.chains)

    def encrypt(self, words: str, *, place: str) -> bytes:
        """Encrypt words so that only this place (a unit, an order) can read them back."""
        return keys.encrypt(self.codes, words, place=place.encode())

    def decrypt(self, sealed: bytes, *, place: str) -> str:
        """Return the words; raise Unreadable when another key or place made the bytes."""
        return keys.decrypt(self.codes, sealed, place=place.encode())

    def mac(self, *words: str) -> bytes:
        """Return what finds or checks these words without keeping them."""
        return hmac(self.lookups, *(word.encode() for word in words))


_current: Keys | None = None


def connect(secret: str, seal_keys: Mapping[int, str] | None = None) -> None:
    """Make these the process's secrets; the composition root calls it once."""
    global _current  # noqa: PLW0603  # one secret a process
    _current = Keys.of(secret, seal_keys)


def current() -> Keys:
    if _current is None:
        raise RuntimeError("points.keys.connect() was not called")
    return _current
