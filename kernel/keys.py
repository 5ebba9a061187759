"""Keys made from secrets that never enter the database, and what they encrypt."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Unreadable(Exception):
    """The bytes were not encrypted with this key for this place."""


def derive(secret: str, purpose: str) -> bytes:
    """Make a key of 32 bytes for one purpose: knowing one tells nothing of another."""
    info = f"baixing {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


def encrypt(key: bytes, words: str, *, place: bytes) -> bytes:
    """Encrypt words so that only this place (a row's number, say) can read them back."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, words.encode(), place)


def decrypt(key: bytes, sealed: bytes, *, place: bytes) -> str:
    """Return the words; raise Unreadable when another key or place made the bytes."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place).decode()
    except (InvalidTag, ValueError):
        raise Unreadable from None


def hmac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 of the parts, each with its length before it: no part can slip into the next."""
    made = HMAC(key, SHA256())
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.finalize()
