"""Password hashes (argon2id with the library's current parameters)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()

# Checked when there is no such account, so that a wrong name takes as long as a wrong password.
# Of a random password that nobody kept; made once, since every process would pay for it at start.
NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$kcikNKC9exeX+RgyPWIFoQ$DzM8e9"
    "5LVwVOqEDTBGM/XAFTQqXMl9i+L+ocgS6/0jc"
)


def hash_of(password: str) -> str:
    return _hasher.hash(password)


def fits(password: str, hashed: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
