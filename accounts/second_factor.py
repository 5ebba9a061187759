"""A second factor: six digits that the owner's telephone shows (TOTP, RFC 6238), or a paper code."""

import hmac
import re
import secrets

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kernel import clock

from . import keys
from .errors import BadCode
from .models import RecoveryCode, Staff
from .rules import RECOVERY_CODES

_ISSUER = "百姓城管"
_STEP_S = 30
# No letters and digits that look alike.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_secret() -> str:
    """Make a secret (base32, 160 bits) for a telephone; nothing is stored yet."""
    return pyotp.random_base32()


def address_of(secret: str, username: str) -> str:
    """Return the otpauth: address that a telephone reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER)


def enrol(session: Session, staff: Staff, secret: str, code: str) -> list[str]:
    """Begin to ask for codes of this secret; return new paper codes, shown this once.

    Raises BadCode when the telephone does not show this secret's code: nothing changed.
    """
    step = _step_of(secret, code, after=None)
    if step is None:
        raise BadCode
    staff.totp_secret = keys.current().encrypt(secret, staff_id=staff.id)
    staff.totp_step = step
    return _new_recovery_codes(session, staff.id)


def remove(session: Session, staff: Staff) -> None:
    """Ask for a password alone again."""
    staff.totp_secret = staff.totp_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))


def check(session: Session, staff: Staff, code: str) -> None:
    """Take a code once; raise BadCode. The row of `staff` must be locked by the caller."""
    typed = re.sub(r"[\s-]", "", code).lower()
    if staff.totp_secret is None:
        raise BadCode
    secret = keys.current().decrypt(staff.totp_secret, staff_id=staff.id)
    step = None if secret is None else _step_of(secret, typed, after=staff.totp_step)
    if step is not None:
        staff.totp_step = step
        return
    used = session.scalar(
        delete(RecoveryCode)
        .where(RecoveryCode.lookup == _lookup(staff.id, typed), RecoveryCode.staff_id == staff.id)
        .returning(RecoveryCode.staff_id)
    )
    if used is None:
        raise BadCode


def recovery_codes_left(session: Session, staff_id: int) -> int:
    """Return how many paper codes were not used yet."""
    counted = select(func.count()).where(RecoveryCode.staff_id == staff_id)
    return session.scalar(counted) or 0


def _step_of(secret: str, code: str, *, after: int | None) -> int | None:
    """Return the time step that the code is of: now, or one before or after for slow clocks."""
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    totp, now = pyotp.TOTP(secret), int(clock.now().timestamp()) // _STEP_S
    for step in (now, now - 1, now + 1):
        if (after is None or step > after) and hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def _new_recovery_codes(session: Session, staff_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]
    session.add_all(
        RecoveryCode(lookup=_lookup(staff_id, code.replace("-", "")), staff_id=staff_id)
        for code in codes
    )
    return codes


def _lookup(staff_id: int, code: str) -> bytes:
    return keys.current().lookup("recovery", str(staff_id), code)


def is_secret(words: str) -> bool:
    """Tell whether these are the letters of a secret that `new_secret` could have made."""
    return re.fullmatch(r"[A-Z2-7]{32}", words) is not None
