"""/console/exchange: keys, webhooks, what is owed to whom, and cases another platform has.

A new key or secret is shown once, on the page that made it.
"""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts import Role
from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import settings, status_of

from . import gateway, keys, outbox, webhooks
from .errors import NoSuchHook, NoSuchKey
from .rules import PER_MINUTE, SCOPE_WORDS, SOURCE_WORDS

desk = Blueprint(
    "exchange_desk", __name__, url_prefix="/console/exchange", template_folder="templates"
)

PAGE_LENGTH = 50
_BIGGEST_ID = 2**63 - 1
STATE_WORDS = {"owed": "待发送", "dead": "没送到", "sent": "已送到", "dropped": "不再发送"}


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


@desk.get("/hooks")
@staff_only(Role.ADMINISTRATOR)
def list_hooks() -> str:
    """List webhooks, with a form for a new one."""
    return _hooks_page()


def _hooks_page(refusal: Refusal | None = None, made: str | None = None) -> str:
    with transaction() as session:
        rows = webhooks.all_hooks(session)
    return render_template(
        "exchange/hooks.html",
        rows=rows,
        refusal=refusal,
        made=made,
        typed=request.form,
        events=webhooks.EVENTS,
        spoken=clock.spoken,
    )


@desk.post("/hooks")
@staff_only(Role.ADMINISTRATOR)
def add_hook() -> str | tuple[str, int]:
    """Subscribe an address and show its secret, this once."""
    form = request.form
    try:
        with transaction() as session:
            made = webhooks.subscribe(
                session,
                name=form.get("name", ""),
                url=form.get("url", ""),
                events=form.getlist("event") or [webhooks.ALL],
                pepper=settings().secret_key.get_secret_value(),
                may_be_private=settings().exchange_private_addresses,
                staff_id=g.staff.id,
            )
    except Refusal as refusal:
        return _hooks_page(refusal), status_of(refusal)
    return _hooks_page(made=made)


@desk.post("/hooks/<int:hook_id>/end")
@staff_only(Role.ADMINISTRATOR)
def end_hook(hook_id: int) -> Response:
    """End a subscription."""
    if hook_id > _BIGGEST_ID:
        raise NoSuchHook
    with transaction() as session:
        name = webhooks.end(session, hook_id=hook_id)
    flash(f"已停用订阅「{name}」。")
    return redirect(url_for(".list_hooks"), 303)


@desk.get("/messages")
@staff_only(Role.SUPERVISOR)
def list_messages() -> str:
    """List what is owed to other systems, by state; without one, what did not arrive."""
    state = request.args.get("state", "dead")
    if state not in STATE_WORDS:
        abort(404)
    with transaction() as session:
        rows = outbox.listed(session, state=state, before_id=_before(), limit=PAGE_LENGTH + 1)
        waiting = outbox.waiting(session)
    page = rows[:PAGE_LENGTH]
    return render_template(
        "exchange/messages.html",
        rows=page,
        next_before_id=page[-1].id if len(rows) > PAGE_LENGTH else None,
        state=state,
        states=STATE_WORDS,
        waiting=waiting,
        events=webhooks.EVENTS,
        spoken=clock.spoken,
    )


@desk.post("/messages/<int:message_id>/again")
@staff_only(Role.SUPERVISOR)
def send_again(message_id: int) -> Response:
    """Send a message again now."""
    with transaction() as session:
        is_sent = message_id <= _BIGGEST_ID and outbox.send_again(session, message_id)
    flash("已重新排队，几秒钟后再看结果。" if is_sent else "这一条正在发送，请稍后再看。")
    return _back_to_messages()


@desk.post("/messages/<int:message_id>/drop")
@staff_only(Role.SUPERVISOR)
def drop(message_id: int) -> Response:
    """Give up what did not arrive, so that what comes after it in its case goes on."""
    with transaction() as session:
        is_dropped = message_id <= _BIGGEST_ID and outbox.drop(session, message_id)
    flash(
        "不再发送这一条，同一案件后面的会接着发。"
        if is_dropped
        else "这一条不在「没送到」里，请刷新页面。"
    )
    return _back_to_messages()


def _back_to_messages() -> Response:
    state = request.form.get("state", "dead")
    return redirect(url_for(".list_messages", state=state if state in STATE_WORDS else "dead"), 303)


@desk.get("/handovers")
@staff_only(Role.SUPERVISOR)
def list_handovers() -> str:
    """List cases that the other platform has."""
    with transaction() as session:
        rows = gateway.handovers(session, before=_before(), limit=PAGE_LENGTH + 1)
    page = rows[:PAGE_LENGTH]
    return render_template(
        "exchange/handovers.html",
        rows=page,
        next_before_id=page[-1].case_id if len(rows) > PAGE_LENGTH else None,
        is_on=bool(settings().gateway),
        spoken=clock.spoken,
    )


def _before() -> int | None:
    given = request.args.get("before", "")
    is_id = given.isascii() and given.isdecimal() and len(given) < 20
    return min(int(given), _BIGGEST_ID) if is_id else None
