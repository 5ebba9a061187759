"""Who may call a view. Every view wears exactly one of these decorators; a test checks it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kernel.database import transaction
from kernel.web import cookie_name, open_to, settings, wants_json

from .queries import StaffMember, staff_member
from .rules import Role

COOKIE = "bx_staff"


View = Callable[..., Any]

public = open_to("everybody")
signed_by_platform = open_to("platform")  # the codec checks the signature of each delivery


def staff_only(*roles: Role) -> Callable[[View], View]:
    """Let in staff with one of the roles (none named: all staff); others go to the sign-in page."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> Any:  # noqa: ANN401  # as the view
            member = speaker()
            if member is None:
                return _to_sign_in()
            if roles and member.role not in roles and member.role is not Role.ADMINISTRATOR:
                abort(403)
            g.staff = member
            return view(*args, **kwargs)

        return open_to("staff" if not roles else "staff: " + ", ".join(roles))(guarded)

    return guard


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


def _to_sign_in() -> AnyResponse | Response:
    if wants_json():
        abort(401)
    if request.method != "GET":
        return redirect(url_for("console.sign_in"), 303)
    return redirect(url_for("console.sign_in", next=request.full_path.rstrip("?")), 303)
