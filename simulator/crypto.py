"""Signatures and message encryption of the callback, written from the protocol's description.

AES-256-CBC under the key that EncodingAESKey encodes, IV = first 16 bytes of the key, PKCS#7 with
blocks of 32 bytes; plaintext = 16 random bytes, length (4 bytes, big-endian), message, AppID.
"""

import base64
import binascii
import hashlib
import re
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
RANDOM_LENGTH = 16
HEADER_LENGTH = RANDOM_LENGTH + 4


class BadKey(ValueError):
    """An EncodingAESKey that is none."""


class Undecipherable(Exception):
    """`reason` is a short slug: base64, block_size, padding, length, app_id."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"decrypt_{reason}")
        self.reason = reason


def sign(*parts: str) -> str:
    """Hash sorted, undelimited strings: `signature` and `msg_signature` are both made like this."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


class MessageCipher:
    """One account's keys: token, EncodingAESKey and AppID."""

    def __init__(self, *, token: str, aes_key: str, app_id: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]{43}", aes_key):
            raise BadKey("EncodingAESKey 应为 43 个字母或数字")
        self.token = token
        self.app_id = app_id
        self._key = base64.b64decode(aes_key + "=")

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def encrypt(
        self, message: bytes, *, random: bytes | None = None, app_id: str | None = None
    ) -> str:
        """Encrypt a message; `random` and `app_id` are for test vectors and for forgeries."""
        plain = b"".join(
            (
                random or secrets.token_hex(RANDOM_LENGTH // 2).encode(),
                len(message).to_bytes(4, "big"),
                message,
                (self.app_id if app_id is None else app_id).encode(),
            )
        )
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, sealed: str) -> bytes:
        """Return the message; everything that the layout promises is checked."""
        try:
            data = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Undecipherable("base64") from error
        if not data or len(data) % BLOCK:
            raise Undecipherable("block_size")
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(data) + decryptor.finalize()
        padding = plain[-1]
        if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise Undecipherable("padding")
        plain = plain[:-padding]
        end = HEADER_LENGTH + int.from_bytes(plain[RANDOM_LENGTH:HEADER_LENGTH], "big")
        if len(plain) < HEADER_LENGTH or end > len(plain):
            raise Undecipherable("length")
        if plain[end:] != self.app_id.encode():
            raise Undecipherable("app_id")
        return plain[HEADER_LENGTH:end]
