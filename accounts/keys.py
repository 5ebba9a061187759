"""The keys of this package, made from one secret that never enters the database."""

import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


@dataclass(frozen=True, repr=False)
class Keys:
    factors: bytes
    lookups: bytes
    tickets: bytes

    @classmethod
    def of(cls, secret: str) -> "Keys":
        return cls(*(_derive(secret, use) for use in ("factors", "lookups", "tickets")))

    def encrypt(self, words: str, *, staff_id: int) -> bytes:
        """Encrypt a second factor so that it is readable only as this person's."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.factors).encrypt(nonce, words.encode(), b"%d" % staff_id)

    def decrypt(self, sealed: bytes, *, staff_id: int) -> str | None:
        """Return the words, or None when another key or another person's row made the bytes."""
        try:
            return (
                AESGCM(self.factors)
                .decrypt(sealed[:_NONCE], sealed[_NONCE:], b"%d" % staff_id)
                .decode()
            )
        except InvalidTag:
            return None

    def lookup(self, *words: str) -> bytes:
        """Return what finds these words again without keeping them."""
        said = "\x1f".join(words).encode("utf-8", "surrogatepass")
        return hmac.digest(self.lookups, said, "sha256")


def _derive(secret: str, use: str) -> bytes:
    info = f"baixing accounts {use}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


_current: Keys | None = None


def connect(secret: str) -> None:
    """Make this the process's secret; the composition root calls it once."""
    global _current  # noqa: PLW0603  # one secret a process
    _current = Keys.of(secret)


def current() -> Keys:
    if _current is None:
        raise RuntimeError("accounts.keys.connect() was not called")
    return _current
