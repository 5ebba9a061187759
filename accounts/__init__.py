"""Who is speaking: citizens and staff."""

from .administration import create_staff
from .errors import BadCode, BadCredentials, LockedOut, WeakPassword
from .models import Citizen, Staff
from .queries import (
    StaffMember,
    StaffRow,
    all_staff,
    citizen_of,
    citizen_openid,
    staff_member,
    staff_names,
)
from .rules import CITIZEN_SESSION, ROLE_WORDS, Role
from .service import (
    citizen_for,
    close_citizen_sessions,
    mark_unfollowed,
    open_citizen_session,
)
from .signing_in import CodeRequired, sign_in, sign_in_with_code, sign_out

__all__ = [
    "CITIZEN_SESSION",
    "ROLE_WORDS",
    "BadCode",
    "BadCredentials",
    "Citizen",
    "CodeRequired",
    "LockedOut",
    "Role",
    "Staff",
    "StaffMember",
    "StaffRow",
    "WeakPassword",
    "all_staff",
    "citizen_for",
    "citizen_of",
    "citizen_openid",
    "close_citizen_sessions",
    "create_staff",
    "mark_unfollowed",
    "open_citizen_session",
    "sign_in",
    "sign_in_with_code",
    "sign_out",
    "staff_member",
    "staff_names",
]
