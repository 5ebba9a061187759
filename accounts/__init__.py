"""Who is speaking: citizens and staff."""

from . import privacy
from .administration import create_staff
from .errors import BadCode, BadCredentials, LockedOut, WeakPassword
from .models import Citizen, Staff
from .queries import (
    StaffMember,
    StaffRow,
    all_staff,
    citizen_of,
    citizen_openid,
    has_left,
    staff_member,
    staff_names,
    staff_with_role,
)
from .rules import CITIZEN_SESSION, ROLE_WORDS, Role
from .service import (
    citizen_for,
    citizen_of_browser,
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
    "citizen_of_browser",
    "citizen_openid",
    "close_citizen_sessions",
    "create_staff",
    "has_left",
    "mark_unfollowed",
    "open_citizen_session",
    "privacy",
    "sign_in",
    "sign_in_with_code",
    "sign_out",
    "staff_member",
    "staff_names",
    "staff_with_role",
]
