"""/console/exchange: keys of other systems. A new key is shown once, on the page that made it."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts import Role
from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of

from . import keys
from .errors import NoSuchKey
from .rules import PER_MINUTE, SCOPE_WORDS, SOURCE_WORDS

desk = Blueprint(
    "exchange_desk", __name__, url_prefix="/console/exchange", template_folder="templates"
)

_BIGGEST_ID = 2**63 - 1


@desk.get("/keys")
@staff_only(Role.ADMINISTRATOR)
def list_keys() -> str:
    """List keys, with a form for a new one."""
    return _keys_page()


def _keys_page(refusal: Refusal | None = None, made: str | None = None) -> str:
    with transaction() as session:
        rows = keys.all_keys(session)
    return render_template(
        "exchange/keys.html",
        rows=rows,
        refusal=refusal,
        made=made,
        typed=request.form,
        scope_words=SCOPE_WORDS,
        source_words=SOURCE_WORDS,
        per_minute=PER_MINUTE,
        spoken=clock.spoken,
    )


@desk.post("/keys")
@staff_only(Role.ADMINISTRATOR)
def add_key() -> str | tuple[str, int]:
    """Make a key and show it, this once."""
    form = request.form
    try:
        with transaction() as session:
            made = keys.add_key(
                session,
                name=form.get("name", ""),
                source=form.get("source", ""),
                scopes=form.getlist("scope"),
                per_minute=form.get("per_minute", PER_MINUTE, type=int),
                staff_id=g.staff.id,
            )
    except Refusal as refusal:
        return _keys_page(refusal), status_of(refusal)
    return _keys_page(made=made)


@desk.post("/keys/<int:key_id>/end")
@staff_only(Role.ADMINISTRATOR)
def end_key(key_id: int) -> Response:
    """End a key."""
    if key_id > _BIGGEST_ID:
        raise NoSuchKey
    with transaction() as session:
        name = keys.end_key(session, key_id=key_id)
    flash(f"已停用密钥「{name}」。")
    return redirect(url_for(".list_keys"), 303)
