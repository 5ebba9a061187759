"""Who may call a view. Every view wears exactly one of these decorators; a test checks it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, abort, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kernel.database import transaction
from kernel.logs import request_id
from kernel.web import cookie_name, open_to, settings, wants_json

from . import audit
from .queries import StaffMember, citizen_of, staff_member
from .rules import CITIZEN_SESSION, Role

COOKIE = "bx_staff"
RESIDENT_COOKIE = "bx_me"
# What somebody may open whose password is another's choice, or who lacks a second factor.
UNFINISHED_MAY_OPEN = {
    "console.me",
    "console.change_password",
    "console.begin_second_factor",
    "console.enrol_second_factor",
    "console.sign_out",
}


View = Callable[..., Any]

public = open_to("everybody")
for_programs = open_to("programs")  # the view asks the program for its key
signed_by_platform = open_to("platform")  # the codec checks the signature of each delivery


def staff_only(*roles: Role) -> Callable[[View], View]:
    """Let in staff with one of the roles (none named: all staff); others go to the sign-in page."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> Any:  # noqa: ANN401  # as the view
            member = _let_in(roles)
            if member is None:
                return _to_sign_in()
            if _is_unfinished(member) and request.endpoint not in UNFINISHED_MAY_OPEN:
                return redirect(url_for("console.me"), 303)
            g.staff = member
            return view(*args, **kwargs)

        return open_to("staff" if not roles else "staff: " + ", ".join(roles))(guarded)

    return guard


def _let_in(roles: tuple[Role, ...]) -> StaffMember | None:
    """Return who is calling, having written it down; a role that may not is turned away with 403."""
    token = request.cookies.get(staff_cookie())
    if not token:
        return None
    with transaction() as session:
        member = staff_member(session, token)
        if member is None:
            return None
        is_allowed = not roles or member.role in (*roles, Role.ADMINISTRATOR)
        _write(session, member, action=request.endpoint or "", is_allowed=is_allowed)
    if not is_allowed:
        abort(403)
    return member


def write_sign_in(session: Session, token: str) -> None:
    """Write down that somebody signed in, in the transaction that opens the session."""
    member = staff_member(session, token)
    if member is not None:
        _write(session, member, action="sign_in", is_allowed=True)


def _write(session: Session, member: StaffMember, *, action: str, is_allowed: bool) -> None:
    audit.record(
        session,
        staff_id=member.id,
        action=action,
        method=request.method,
        path=request.path,
        query=request.query_string.decode("utf-8", "replace"),
        is_allowed=is_allowed,
        request_id=request_id.get(),
        network=request.remote_addr or "",
    )


_SYSTEMS = ("iPhone", "iPad", "Android", "HarmonyOS", "Windows", "Macintosh", "Linux")
_BROWSERS = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")


def client_name() -> str:
    """Name the caller's computer so that its owner knows it again, and no closer than that."""
    said = request.headers.get("User-Agent", "")
    kinds = (next((each for each in names if each in said), "") for names in (_SYSTEMS, _BROWSERS))
    words = {"Macintosh": "Mac", "MicroMessenger": "微信", "Edg": "Edge"}
    return " ".join(words.get(kind, kind) for kind in kinds if kind)


def _is_unfinished(member: StaffMember) -> bool:
    is_bare = settings().second_factor == "required" and not member.has_second_factor
    return member.must_change_password or is_bare


def staff_token() -> str:
    """Return the token of the session that the request came with."""
    return request.cookies.get(staff_cookie(), "")


def staff_cookie() -> str:
    """Return the name of the cookie that holds a staff session."""
    return cookie_name(COOKIE, settings().public_url)


def speaker() -> StaffMember | None:
    """Return the member of staff whose cookie came with the request."""
    token = request.cookies.get(staff_cookie())
    if not token:
        return None
    with transaction() as session:
        return staff_member(session, token)


def resident_only(view: View) -> View:
    """Let in a resident whom the platform vouched for (`g.citizen_id`); lead others there."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> Any:  # noqa: ANN401  # as the view
        citizen_id = resident()
        if citizen_id is None:
            return _to_the_platform()
        g.citizen_id = citizen_id
        return view(*args, **kwargs)

    return open_to("citizens")(guarded)


def resident() -> int | None:
    """Return the id of the resident whose cookie came with the request."""
    token = request.cookies.get(resident_cookie())
    if not token:
        return None
    with transaction() as session:
        return citizen_of(session, token)


def resident_cookie() -> str:
    """Return the name of the cookie that holds a resident's session."""
    return cookie_name(RESIDENT_COOKIE, settings().public_url)


def keep_resident(answer: AnyResponse, token: str) -> None:
    """Give the browser its resident's session, to be sent with his pages only by links and forms of ours."""
    answer.set_cookie(
        resident_cookie(),
        token,
        max_age=int(CITIZEN_SESSION.total_seconds()),
        secure=settings().cookie_secure,
        httponly=True,
        samesite="Lax",
    )


def _to_the_platform() -> AnyResponse | Response:
    if wants_json():
        abort(401)
    if request.method == "GET":
        return redirect(url_for("wechat.sign_in", next=request.full_path.rstrip("?")), 303)
    # What was typed cannot be brought along, which must be said; and after a form, the browser
    # follows no redirect to another host (form-action).
    return redirect(url_for("wechat.sign_in", next=request.path, lost=1), 303)


def _to_sign_in() -> AnyResponse | Response:
    if wants_json():
        abort(401)
    if request.method != "GET":
        return redirect(url_for("console.sign_in"), 303)
    return redirect(url_for("console.sign_in", next=request.full_path.rstrip("?")), 303)
