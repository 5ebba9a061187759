"""Who works with the service: the administrator's list, and one account."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts import ROLE_WORDS, Role, StaffRow, administration, all_staff
from accounts.access import staff_only
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of
from territory import bodies

from .views import blueprint


@blueprint.get("/staff")
@staff_only(Role.ADMINISTRATOR)
def staff_list() -> str:
    """Show everybody who can sign in, and a form to add somebody."""
    return _list_page(None, {})


def _list_page(refusal: Refusal | None, typed: dict[str, str]) -> str:
    with transaction() as session:
        people, places = all_staff(session), bodies(session)
    names = {body.id: body.name for body in places}
    return render_template(
        "console/staff.html",
        people=people,
        body_names=names,
        bodies=places,
        role_words=ROLE_WORDS,
        refusal=refusal,
        typed=typed,
    )


@blueprint.post("/staff")
@staff_only(Role.ADMINISTRATOR)
def add_staff() -> Response | tuple[str, int]:
    """Add a member of staff with a password that he changes at his first sign-in."""
    form = request.form
    try:
        with transaction() as session:
            made = administration.create_staff(
                session,
                username=form.get("username", ""),
                name=form.get("name", "").replace("\0", ""),
                password=form.get("password", ""),
                role=_role(),
                body_id=form.get("body_id", type=int),
                must_change_password=True,
            )
    except Refusal as refusal:
        typed = {key: form.get(key, "")[:64] for key in ("username", "name", "role", "body_id")}
        return _list_page(refusal, typed), status_of(refusal)
    flash("已添加。请把用户名和密码当面交给本人，第一次登录时要换密码。")
    return redirect(url_for(".one_staff", staff_id=made), 303)


@blueprint.get("/staff/<int:staff_id>")
@staff_only(Role.ADMINISTRATOR)
def one_staff(staff_id: int) -> str:
    """Show one account, and what can be done to it."""
    return _one_page(staff_id)


def _one_page(staff_id: int, **more: Any) -> str:  # noqa: ANN401  # what the template takes
    person, places = _person(staff_id)
    words = {"refusal": None, "password": None} | more
    return render_template(
        "console/one_staff.html",
        person=person,
        bodies=places,
        role_words=ROLE_WORDS,
        is_self=person.id == g.staff.id,
        **words,
    )


@blueprint.post("/staff/<int:staff_id>")
@staff_only(Role.ADMINISTRATOR)
def change_staff(staff_id: int) -> Response | tuple[str, int]:
    """Change somebody's name, role, body, and whether he may sign in."""
    _person(staff_id)
    try:
        with transaction() as session:
            administration.change_staff(
                session,
                staff_id,
                by=g.staff.id,
                name=request.form.get("name", "").replace("\0", ""),
                role=_role(),
                body_id=request.form.get("body_id", type=int),
                is_active=request.form.get("is_active") == "1",
            )
    except Refusal as refusal:
        return _one_page(staff_id, refusal=refusal), status_of(refusal)
    flash("已保存。")
    return redirect(url_for(".one_staff", staff_id=staff_id), 303)


@blueprint.post("/staff/<int:staff_id>/password")
@staff_only(Role.ADMINISTRATOR)
def reset_password(staff_id: int) -> str | tuple[str, int]:
    """Give a new password, shown this once."""
    _person(staff_id)
    try:
        with transaction() as session:
            password = administration.new_password(session, staff_id, by=g.staff.id)
    except Refusal as refusal:
        return _one_page(staff_id, refusal=refusal), status_of(refusal)
    return _one_page(staff_id, password=password)


@blueprint.post("/staff/<int:staff_id>/second-factor")
@staff_only(Role.ADMINISTRATOR)
def remove_second_factor(staff_id: int) -> Response | tuple[str, int]:
    """Let somebody in by password alone who lost his telephone."""
    _person(staff_id)
    try:
        with transaction() as session:
            administration.remove_second_factor(session, staff_id, by=g.staff.id)
    except Refusal as refusal:
        return _one_page(staff_id, refusal=refusal), status_of(refusal)
    flash("已关闭两步验证，请本人登录后重新开通。")
    return redirect(url_for(".one_staff", staff_id=staff_id), 303)


def _person(staff_id: int) -> tuple[StaffRow, Any]:
    if staff_id >= 2**63:
        abort(404)
    with transaction() as session:
        found = next((each for each in all_staff(session) if each.id == staff_id), None)
        places = bodies(session)
    if found is None:
        abort(404)
    return found, places


def _role() -> Role:
    """Return the role that the form names; one that there is not comes from no form of ours."""
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        abort(400)
