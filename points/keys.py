"""The three keys of this package, made from one secret that never enters the database."""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Unreadable(Exception):
    """The bytes were not encrypted with our key for this place."""


@dataclass(frozen=True, repr=False)
class Keys:
    chain: bytes
    codes: bytes
    lookups: bytes

    @classmethod
    def of(cls, secret: str) -> "Keys":
        return cls(*(_derive(secret, use) for use in ("chain", "codes", "lookups")))

    def encrypt(self, words: str, *, place: str) -> bytes:
        """Encrypt words so that only this place (a unit, an order) can read them back."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.codes).encrypt(nonce, words.encode(), place.encode())

    def decrypt(self, sealed: bytes, *, place: str) -> str:
        try:
            return (
                AESGCM(self.codes)
                .decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
                .decode()
            )
        except InvalidTag:
            raise Unreadable from None

    def mac(self, *words: str) -> bytes:
        """Return what finds or checks these words without keeping them."""
        return hmac(self.lookups, *(word.encode() for word in words))


def hmac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 of the parts, each with its length before it: no part can slip into the next."""
    made = HMAC(key, SHA256())
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.finalize()


def _derive(secret: str, use: str) -> bytes:
    info = f"baixing points {use}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


_current: Keys | None = None


def connect(secret: str) -> None:
    """Make this the process's secret; the composition root calls it once."""
    global _current  # noqa: PLW0603  # one secret a process
    _current = Keys.of(secret)


def current() -> Keys:
    if _current is None:
        raise RuntimeError("points.keys.connect() was not called")
    return _current
