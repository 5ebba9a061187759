"""/me: what is kept of a resident, for him to see, take along, correct and delete; the privacy text."""

import json
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import accounts
import cases
from accounts.access import public, resident_only
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import settings, status_of

from . import forms, wording
from .ports import Rows, holders

blueprint = Blueprint("me", __name__, template_folder="templates")


@blueprint.get("/me")
@resident_only
def show() -> str:
    """Show what is kept, and what can be done about it."""
    return _page()


def _page(refusal: Refusal | None = None, typed: str | None = None) -> str:
    with transaction() as session:
        person = accounts.privacy.resident_file(session, g.citizen_id)
        kept = _kept(session)
    return render_template(
        "portal/me.html",
        person=person,
        counts=[(name, len(rows)) for part in kept.values() for name, rows in part.items() if rows],
        lists=wording.LISTS,
        choices=wording.CHOICES,
        newest=wording.PRIVACY,
        told=wording.SAID.get(request.args.get("said", "")),
        refusal=refusal,
        typed=person.phone or "" if typed is None else typed,
    )


def _kept(session: Session) -> dict[str, Rows]:
    return {each.name: each.kept(session, g.citizen_id) for each in holders()}


@blueprint.post("/me/phone")
@resident_only
def change_phone() -> AnyResponse | tuple[str, int]:
    """Keep, correct or delete the resident's number."""
    typed = forms.tidy_text(request.form.get("phone", ""))[:40]
    try:
        phone = cases.tidy_phone(typed)
        with transaction() as session:
            accounts.privacy.keep_phone(session, g.citizen_id, phone)
    except Refusal as refusal:
        return _page(refusal, typed), status_of(refusal)
    return _back("phone" if phone else "no_phone")


@blueprint.post("/me/notices")
@resident_only
def change_notices() -> AnyResponse:
    """Turn notices on or off."""
    is_wanted = request.form.get("wanted") == "1"
    with transaction() as session:
        accounts.privacy.want_notices(session, g.citizen_id, is_wanted=is_wanted)
    return _back("on" if is_wanted else "off")


@blueprint.post("/me/privacy")
@resident_only
def agree() -> AnyResponse:
    """Agree to the privacy text that was shown, or take it back."""
    version, is_given = request.form.get("version", ""), request.form.get("agreed") == "1"
    if version not in wording.PRIVACY_VERSIONS:
        abort(400)
    with transaction() as session:
        accounts.privacy.agree(session, g.citizen_id, version, is_given=is_given)
    return _back("agreed" if is_given else "withdrawn")


def _back(said: str) -> AnyResponse:
    return redirect(url_for(".show", said=said), 303)


# -- seeing it, and taking it along --------------------------------------------------------


@blueprint.get("/me/data")
@resident_only
def show_data() -> str:
    """Show all that is kept, so that a person can read it."""
    with transaction() as session:
        person = accounts.privacy.resident_file(session, g.citizen_id)
        kept = _kept(session)
    return render_template(
        "portal/me_data.html",
        person=person,
        parts=[(name, rows) for part in kept.values() for name, rows in part.items() if rows],
        lists=wording.LISTS,
        fields=wording.FIELDS,
        is_instant=lambda value: isinstance(value, datetime),
    )


@blueprint.post("/me/data.json")
@resident_only
def export() -> Response:
    """Give all that is kept as a file for programs; that it was taken is written down."""
    with transaction() as session:
        person = accounts.privacy.resident_file(session, g.citizen_id)
        kept = _kept(session)
        accounts.privacy.choose(session, g.citizen_id, "export", is_given=True)
    document = {
        "made_at": clock.now(),
        "service": settings().public_url,
        "resident": {
            "openid": person.openid,
            "since": person.since,
            "is_following": person.is_following,
            "phone": person.phone,
            "wants_notices": person.wants_notices,
            "choices": [
                {"about": x.about, "is_given": x.is_given, "version": x.version, "at": x.at}
                for x in person.choices
            ],
        },
        **kept,
    }
    answer = Response(
        json.dumps(document, ensure_ascii=False, indent=2, default=_plain),
        content_type="application/json; charset=utf-8",
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="baixing-my-data.json"'
    return answer


def _plain(value: object) -> Any:  # noqa: ANN401  # whatever JSON has
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value)


# -- deleting it ---------------------------------------------------------------------------


@blueprint.get("/me/erase")
@resident_only
def ask_to_erase() -> str:
    """Say what goes, and what stays for which reason, before anything is deleted."""
    return render_template("portal/me_erase.html")


@blueprint.post("/me/erase")
@resident_only
def erase() -> AnyResponse:
    """Delete what may go."""
    with transaction() as session:
        for each in holders():
            if each.erase is not None:
                each.erase(session, g.citizen_id)
        accounts.privacy.erase(session, g.citizen_id)
    return _back("erased")


# -- the privacy text ----------------------------------------------------------------------


@blueprint.get("/privacy")
@blueprint.get("/privacy/<version>")
@public
def privacy(version: str = wording.PRIVACY) -> str:
    """Show the privacy text, or an earlier one."""
    if version not in wording.PRIVACY_VERSIONS:
        abort(404)
    return render_template(
        f"portal/privacy/{version}.html",
        version=version,
        versions=wording.PRIVACY_VERSIONS,
        terms=settings(),
    )
