"""/console/notices: what residents are to be told, what went wrong with it, and another try."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts import Role
from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction

from . import notices, ways
from .models import Notice

blueprint = Blueprint(
    "wechat_desk", __name__, url_prefix="/console/notices", template_folder="templates"
)

PAGE_LENGTH = 50
_BIGGEST_ID = 2**63 - 1

STATE_WORDS = {
    "owed": "待发送",
    "parked": "等居民来消息",
    "given_up": "不再发送",
    "superseded": "已有更新的通知",
    "sent": "已发送",
}
WAY_WORDS = {"text": "客服消息", "subscription": "订阅通知", "template": "模板消息"}
_TRIED_AGAIN = ("owed", "parked", "given_up")


@dataclass(frozen=True)
class Row:
    """One notice on the list: what it is about, never whom it is for."""

    id: int
    topic: str
    subject: str | None
    title: str
    state: str
    way: str | None
    attempts: int
    last_fault: str | None
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    is_uncertain: bool

    @property
    def may_be_tried(self) -> bool:
        return self.state in _TRIED_AGAIN


def listed(session: Session, *, state: str, before_id: int | None) -> list[Row]:
    """Return a page of notices in this state, newest first, and one more if there are more."""
    wanted = select(*(getattr(Notice, name) for name in Row.__dataclass_fields__)).where(
        Notice.state == state
    )
    if before_id is not None:
        wanted = wanted.where(Notice.id < before_id)
    rows = session.execute(wanted.order_by(Notice.id.desc()).limit(PAGE_LENGTH + 1))
    return [Row(*row) for row in rows]


@blueprint.get("")
@staff_only(Role.SUPERVISOR)
def show() -> str:
    """List notices by state; without one, those that wait."""
    state = request.args.get("state", "owed")
    if state not in STATE_WORDS:
        abort(404)
    with transaction() as session:
        rows = listed(session, state=state, before_id=_before())
        waiting = dict(
            session.execute(
                select(Notice.state, func.count())
                .where(Notice.state.in_(("owed", "parked")))
                .group_by(Notice.state)
            ).all()
        )
        paused = ways.pauses(session)
    page = rows[:PAGE_LENGTH]
    return render_template(
        "wechat/notices.html",
        rows=page,
        next_before_id=page[-1].id if len(rows) > PAGE_LENGTH else None,
        state=state,
        states=STATE_WORDS,
        ways=WAY_WORDS,
        waiting=waiting,
        paused=paused,
        spoken=clock.spoken,
    )


@blueprint.post("/<int:notice_id>/retry")
@staff_only(Role.SUPERVISOR)
def retry(notice_id: int) -> Response:
    """Try a notice again now."""
    with transaction() as session:
        is_tried = notice_id <= _BIGGEST_ID and notices.retry(session, notice_id)
    flash(
        "已重新排队，几秒钟后再看结果。" if is_tried else "这条通知已经发出或者正在发送，不用再试。"
    )
    return _back()


@blueprint.post("/ways/<way>/reopen")
@staff_only(Role.SUPERVISOR)
def reopen(way: str) -> Response:
    """Try a paused way again now."""
    if way not in WAY_WORDS:
        abort(404)
    with transaction() as session:
        ways.reopen(session, way)
    flash(f"{WAY_WORDS[way]}已恢复，等着的通知会陆续再试。")
    return _back()


def _back() -> Response:
    state = request.form.get("state", "owed")
    return redirect(url_for(".show", state=state if state in STATE_WORDS else "owed"), 303)


def _before() -> int | None:
    given = request.args.get("before", "")
    is_id = given.isascii() and given.isdecimal() and len(given) < 20
    return min(int(given), _BIGGEST_ID) if is_id else None
