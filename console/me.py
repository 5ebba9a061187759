"""A member of staff's own account: password, second factor, where he is signed in."""

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts import second_factor, signing_in
from accounts.access import staff_only, staff_token
from accounts.queries import open_sessions
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import settings, status_of

from .views import blueprint


@blueprint.get("/me")
@staff_only()
def me() -> str:
    """Show one's own account."""
    return _page(None)


def _page(refusal: Refusal | None) -> str:
    with transaction() as session:
        sessions = open_sessions(session, g.staff.id, staff_token())
        codes_left = second_factor.recovery_codes_left(session, g.staff.id)
    return render_template(
        "console/me.html",
        sessions=sessions,
        codes_left=codes_left,
        is_factor_required=settings().second_factor == "required",
        refusal=refusal,
    )


@blueprint.post("/me/password")
@staff_only()
def change_password() -> Response | tuple[str, int]:
    """Take a new password; all other computers are signed out."""
    refusal = None
    with transaction() as session:
        # Caught inside, so that the count of wrong passwords is committed.
        try:
            signing_in.change_password(
                session,
                staff_id=g.staff.id,
                old=request.form.get("old", ""),
                new=request.form.get("new", ""),
                again=request.form.get("again", ""),
                token=staff_token(),
                network=request.remote_addr or "",
            )
        except Refusal as met:
            refusal = met
    if refusal is not None:
        return _page(refusal), status_of(refusal)
    flash("密码已换好，其他电脑上的登录都退出了。")
    return redirect(url_for(".me"), 303)


@blueprint.get("/me/second-factor")
@staff_only()
def begin_second_factor() -> str:
    """Show a fresh secret for the telephone; nothing changes until its code is typed."""
    return _enrol_page(second_factor.new_secret(), None)


def _enrol_page(secret: str, refusal: Refusal | None) -> str:
    address = second_factor.address_of(secret, g.staff.username)
    return render_template(
        "console/second_factor.html", secret=secret, address=address, refusal=refusal
    )


@blueprint.post("/me/second-factor")
@staff_only()
def enrol_second_factor() -> str | tuple[str, int]:
    """Set up the second factor when the telephone shows the right code; show the paper codes once."""
    secret = request.form.get("secret", "")
    refusal: Refusal | None = None
    codes: list[str] = []
    with transaction() as session:
        # Caught inside, so that the count of wrong passwords is committed.
        try:
            codes = signing_in.enrol(
                session,
                staff_id=g.staff.id,
                secret=secret,
                code=request.form.get("code", ""),
                password=request.form.get("password", ""),
                network=request.remote_addr or "",
            )
        except Refusal as met:
            refusal = met
    if refusal is not None:
        if not second_factor.is_secret(secret):
            secret = second_factor.new_secret()
        return _enrol_page(secret, refusal), status_of(refusal)
    return render_template("console/recovery_codes.html", codes=codes)


@blueprint.post("/me/sessions/end")
@staff_only()
def end_session() -> Response:
    """Sign out one other computer, or all others."""
    number = request.form.get("number", type=int)
    with transaction() as session:
        if number is None:
            signing_in.end_sessions(session, g.staff.id, but=staff_token())
        elif 0 < number < 2**63:
            signing_in.end_session(session, g.staff.id, number)
    flash("已退出。")
    return redirect(url_for(".me"), 303)
