"""The keys of this package, made from one secret that never enters the database."""

import hmac
from dataclasses import dataclass

from kernel.keys import Unreadable, decrypt, derive, encrypt


@dataclass(frozen=True, repr=False)
class Keys:
    factors: bytes
    lookups: bytes
    tickets: bytes

    @classmethod
    def of(cls, secret: str) -> "Keys":
        uses = ("factors", "lookups", "tickets")
        return cls(*(derive(secret, f"accounts {use}") for use in uses))

    def encrypt(self, words: str, *, staff_id: int) -> bytes:
        """Encrypt a second factor so that it is readable only as this person's."""
        return encrypt(self.factors, words, place=b"%d" % staff_id)

    def decrypt(self, sealed: bytes, *, staff_id: int) -> str | None:
        """Return the words, or None when another key or another person's row made the bytes."""
        try:
            return decrypt(self.factors, sealed, place=b"%d" % staff_id)
        except Unreadable:
            return None

    def lookup(self, *words: str) -> bytes:
        """Return what finds these words again without keeping them."""
        said = "\x1f".join(words).encode("utf-8", "surrogatepass")
        return hmac.digest(self.lookups, said, "sha256")


_current: Keys | None = None


def connect(secret: str) -> None:
    """Make this the process's secret; the composition root calls it once."""
    global _current  # noqa: PLW0603  # one secret a process
    _current = Keys.of(secret)


def current() -> Keys:
    if _current is None:
        raise RuntimeError("accounts.keys.connect() was not called")
    return _current
