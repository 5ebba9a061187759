"""Password hashes (argon2id with the library's current parameters)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()

# Checked when there is no such account, so that a wrong name takes as long as a wrong password.
NOBODY = _hasher.hash("nobody's password")


def hash_of(password: str) -> str:
    return _hasher.hash(password)


def fits(password: str, hashed: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
