"""The way in to the desk, and out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import accounts
from accounts.access import (
    client_name,
    public,
    speaker,
    staff_cookie,
    staff_only,
    staff_token,
    write_sign_in,
)
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import settings, status_of

COOKIE_PATH = "/console"  # the cookie goes nowhere else

blueprint = Blueprint("console", __name__, url_prefix="/console", template_folder="templates")


@blueprint.get("/")
@staff_only()
def home() -> Response:
    """Lead to the work; whoever is not signed in is led to the sign-in page."""
    return redirect(url_for("cases_desk.worklist"), 303)


@blueprint.get("/sign-in")
@public
def sign_in() -> Response | str:
    """Ask who is there, unless that is known."""
    wanted = _within_console(request.args.get("next", ""))
    if speaker() is not None:
        return redirect(wanted, 303)
    return render_template("console/sign_in.html", next=wanted, username="", refusal=None)


@blueprint.post("/sign-in")
@public
def check_in() -> Response | tuple[str, int]:
    """Sign a member of staff in, or ask for the code of his second factor."""
    wanted = _within_console(request.form.get("next", ""))
    username = request.form.get("username", "").replace("\0", "")
    refusal, ticket, token = None, "", ""
    with transaction() as session:
        # Caught inside, so that the count of wrong passwords is committed.
        try:
            token = accounts.sign_in(
                session,
                username=username,
                password=request.form.get("password", ""),
                hours=settings().session_hours,
                network=request.remote_addr or "",
                client=client_name(),
            )
            write_sign_in(session, token)
        except accounts.CodeRequired as required:
            ticket = required.ticket
        except Refusal as met:
            refusal = met
    if refusal is not None:
        page = render_template(
            "console/sign_in.html", next=wanted, username=username[:64], refusal=refusal
        )
        return page, status_of(refusal)
    if ticket:
        return render_template("console/code.html", next=wanted, ticket=ticket, refusal=None), 200
    return _open_desk(wanted, token)


@blueprint.post("/sign-in/code")
@public
def check_code() -> Response | tuple[str, int]:
    """Sign in whoever gave the right password and now the right code."""
    wanted = _within_console(request.form.get("next", ""))
    ticket = request.form.get("ticket", "")[:500]
    refusal, token = None, ""
    with transaction() as session:
        try:
            token = accounts.sign_in_with_code(
                session,
                ticket=ticket,
                code=request.form.get("code", ""),
                hours=settings().session_hours,
                network=request.remote_addr or "",
                client=client_name(),
            )
            write_sign_in(session, token)
        except Refusal as met:
            refusal = met
    if refusal is None:
        return _open_desk(wanted, token)
    if isinstance(refusal, accounts.BadCode):
        page = render_template("console/code.html", next=wanted, ticket=ticket, refusal=refusal)
    else:
        page = render_template("console/sign_in.html", next=wanted, username="", refusal=refusal)
    return page, status_of(refusal)


def _open_desk(wanted: str, token: str) -> Response:
    answer = redirect(wanted, 303)
    answer.set_cookie(
        staff_cookie(),
        token,
        max_age=settings().session_hours * 3600,
        path=COOKIE_PATH,
        secure=settings().cookie_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


@blueprint.post("/sign-out")
@staff_only()
def sign_out() -> Response:
    """End the session, here and in the database."""
    with transaction() as session:
        accounts.sign_out(session, staff_token())
    flash("已退出登录。")
    answer = redirect(url_for(".sign_in"), 303)
    answer.delete_cookie(
        staff_cookie(),
        path=COOKIE_PATH,
        secure=settings().cookie_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _within_console(address: str) -> str:
    """Return the address if it is one of the desk's own pages, else the desk's first page."""
    is_ours = address.startswith("/console/") and address.isprintable() and "\\" not in address
    return address if is_ours else url_for("cases_desk.worklist")
