"""Roles and what they permit; lock-out after wrong passwords."""

import re
from datetime import timedelta
from enum import StrEnum

from .errors import BadUsername, WeakPassword

# Wrong sign-ins until one waits. From one address five for a name; many addresses at once are a
# guesser, and so is one address that tries many names.
WRONG_PASSWORDS = 5
WRONG_OF_A_NAME = 50
WRONG_OF_AN_ADDRESS = 100
LOCK = timedelta(minutes=15)
# A count that nothing was added to for so long begins anew.
WRONG_FORGOTTEN = timedelta(days=1)

# Between the right password and the code of the second factor.
TICKET_LASTS = timedelta(minutes=5)
RECOVERY_CODES = 8

# 等级保护 asks for six months; the database refuses to forget earlier.
AUDIT_KEPT_AT_LEAST = timedelta(days=180)
PASSWORD_LENGTH = 10
PASSWORD_LONGEST = 256

_USERNAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,31}")


class Role(StrEnum):
    """Who works with the service; the names are the glossary's."""

    ADMINISTRATOR = "administrator"
    ACCEPTOR = "acceptor"
    SHIFT_LEADER = "shift_leader"
    DISPATCHER = "dispatcher"
    BODY_STAFF = "body_staff"
    INSPECTOR = "inspector"
    POINTS_OPERATOR = "points_operator"
    SHOP_KEEPER = "shop_keeper"
    DATA_EDITOR = "data_editor"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


ROLE_WORDS = {
    Role.ADMINISTRATOR: "管理员",
    Role.ACCEPTOR: "受理员",
    Role.SHIFT_LEADER: "值班长",
    Role.DISPATCHER: "派遣员",
    Role.BODY_STAFF: "责任单位人员",
    Role.INSPECTOR: "监督员",
    Role.POINTS_OPERATOR: "积分管理员",
    Role.SHOP_KEEPER: "兑换点人员",
    Role.DATA_EDITOR: "数据管理员",
    Role.SUPERVISOR: "督查人员",
    Role.AUDITOR: "审计人员",
}

# A resident reads his own pages for so long before the platform is asked again who he is.
CITIZEN_SESSION = timedelta(days=30)


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
