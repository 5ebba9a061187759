"""Who is speaking: citizens and staff."""

from .errors import BadCredentials, LockedOut, WeakPassword
from .models import Citizen, Staff
from .queries import (
    StaffMember,
    citizen_of,
    citizen_openid,
    staff_member,
    staff_names,
    staff_with_role,
)
from .rules import CITIZEN_SESSION, ROLE_WORDS, Role
from .service import (
    citizen_for,
    close_citizen_sessions,
    create_staff,
    mark_unfollowed,
    open_citizen_session,
    sign_in,
    sign_out,
)

__all__ = [
    "CITIZEN_SESSION",
    "ROLE_WORDS",
    "BadCredentials",
    "Citizen",
    "LockedOut",
    "Role",
    "Staff",
    "StaffMember",
    "WeakPassword",
    "citizen_for",
    "citizen_of",
    "citizen_openid",
    "close_citizen_sessions",
    "create_staff",
    "mark_unfollowed",
    "open_citizen_session",
    "sign_in",
    "sign_out",
    "staff_member",
    "staff_names",
    "staff_with_role",
]
