"""Who is speaking: citizens and staff."""

from .errors import BadCredentials, LockedOut, WeakPassword
from .models import Citizen, Staff
from .queries import StaffMember, citizen_openid, staff_member, staff_names
from .rules import Role
from .service import citizen_for, create_staff, mark_unfollowed, sign_in, sign_out

__all__ = [
    "BadCredentials",
    "Citizen",
    "LockedOut",
    "Role",
    "Staff",
    "StaffMember",
    "WeakPassword",
    "citizen_for",
    "citizen_openid",
    "create_staff",
    "mark_unfollowed",
    "sign_in",
    "sign_out",
    "staff_member",
    "staff_names",
]
