"""Roles and what they permit; lock-out after wrong passwords."""

import re
from datetime import timedelta
from enum import StrEnum

from .errors import BadUsername, WeakPassword

WRONG_PASSWORDS = 5
LOCK = timedelta(minutes=15)
PASSWORD_LENGTH = 10
PASSWORD_LONGEST = 256

_USERNAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,31}")


class Role(StrEnum):
    """Who works at the desk; the glossary's names (acceptor: 受理员, dispatcher: 派遣员)."""

    ADMINISTRATOR = "administrator"
    ACCEPTOR = "acceptor"
    DISPATCHER = "dispatcher"


ROLE_WORDS = {
    Role.ADMINISTRATOR: "管理员",
    Role.ACCEPTOR: "受理员",
    Role.DISPATCHER: "派遣员",
}


def check_username(username: str) -> str:
    """Return the name in its one form; raise BadUsername."""
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise BadUsername
    return name


def check_password(password: str) -> str:
    """Return the password if it is long enough to keep, and not a book; raise WeakPassword."""
    if not PASSWORD_LENGTH <= len(password) <= PASSWORD_LONGEST:
        raise WeakPassword
    return password
