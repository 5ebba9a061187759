"""What the desk does with a case beside moving it: requests, pleas, duplicates, watching, tags."""

from collections.abc import Callable
from datetime import datetime, time

from flask import Blueprint, flash, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal

from . import duplicates, permits, voices
from .errors import NoSuchTarget, UnfitDay
from .forms import BIGGEST_ID, BrokenForm, tidy_text, whole_number
from .queries import id_of

casework = Blueprint("cases_work", __name__, url_prefix="/console/cases")

_CASE = f"/<int(min=1, max={BIGGEST_ID}):case_id>"


def _do(case_id: int, done: str, work: Callable[[Session], object]) -> AnyResponse:
    """Do it, and say on the case's page that it is done, or why not."""
    try:
        with transaction() as session:
            work(session)
    except Refusal as refusal:
        flash(str(refusal))
    else:
        flash(done)
    return redirect(url_for("cases_desk.show_case", case_id=case_id), 303)


def _note() -> str:
    return tidy_text(request.form.get("note", ""))


def _key() -> str:
    key = request.form.get("request_key", "")
    if not 8 <= len(key) <= 64:
        raise BrokenForm
    return key


@casework.post(f"{_CASE}/permits")
@staff_only(Role.BODY_STAFF, Role.DISPATCHER, Role.SHIFT_LEADER)
def ask(case_id: int) -> AnyResponse:
    """Ask for more time, or for putting off."""
    kind, key = request.form.get("kind", ""), _key()
    until = _end_of(request.form.get("until", ""))

    def work(session: Session) -> None:
        if kind == "suspension" and until is None:
            raise UnfitDay
        permits.ask_permit(
            session,
            case_id=case_id,
            kind=kind,
            staff_id=g.staff.id,
            request_key=key,
            reason=_note(),
            until=until,
        )

    return _do(case_id, "申请已提交。下一步：派遣员初审。", work)


def _end_of(day: str) -> datetime | None:
    """Return the end of the working day that was chosen (18:00), or None."""
    try:
        chosen = datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007  # a date; its zone comes next
    except ValueError:
        return None
    return datetime.combine(chosen.date(), time(18), clock.CITY)


@casework.post(f"{_CASE}/permits/<int(min=1, max={BIGGEST_ID}):permit_id>")
@staff_only(Role.DISPATCHER, Role.SHIFT_LEADER)
def answer_permit(case_id: int, permit_id: int) -> AnyResponse:
    """Endorse, grant or refuse a request."""
    answer = request.form.get("answer", "")

    def work(session: Session) -> None:
        if answer == "endorse":
            permits.endorse_permit(session, permit_id=permit_id, staff_id=g.staff.id)
        elif answer in {"grant", "refuse"}:
            permits.decide_permit(
                session,
                permit_id=permit_id,
                staff_id=g.staff.id,
                is_granted=answer == "grant",
                note=_note(),
            )
        else:
            raise BrokenForm

    return _do(case_id, "已办理这份申请。", work)


@casework.post(f"{_CASE}/pleas/<int(min=1, max={BIGGEST_ID}):seq>")
@staff_only(Role.ACCEPTOR, Role.SHIFT_LEADER, Role.SUPERVISOR)
def answer_plea(case_id: int, seq: int) -> AnyResponse:
    """Grant a reporter's plea, or decline it."""
    is_granted = request.form.get("answer") == "grant"

    def work(session: Session) -> None:
        voices.answer_plea(
            session,
            case_id=case_id,
            seq=seq,
            staff_id=g.staff.id,
            is_granted=is_granted,
            answer=_note(),
        )

    return _do(case_id, "已答复居民的意见。", work)


@casework.post(f"{_CASE}/merge")
@staff_only(Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DISPATCHER)
def merge(case_id: int) -> AnyResponse:
    """Make the case part of another, named by its number or chosen from those near by."""
    key, seen = _key(), whole_number(request.form.get("seen_version", "")) or 0
    typed = tidy_text(request.form.get("into", ""))[:40]

    def work(session: Session) -> None:
        into_id = whole_number(typed) or id_of(session, typed)
        if into_id is None:
            raise NoSuchTarget
        duplicates.merge(
            session,
            case_id=case_id,
            into_id=into_id,
            staff_id=g.staff.id,
            request_key=key,
            seen_version=seen,
            note=_note(),
        )

    return _do(case_id, "已并案，上报人都会收到结果。", work)


@casework.post(f"{_CASE}/supervision")
@staff_only(Role.SUPERVISOR, Role.SHIFT_LEADER)
def supervise(case_id: int) -> AnyResponse:
    """Watch over the case, or watch no longer."""
    is_lifted = request.form.get("answer") == "lift"

    def work(session: Session) -> None:
        if is_lifted:
            voices.lift_supervision(session, case_id=case_id, staff_id=g.staff.id)
        else:
            voices.supervise(session, case_id=case_id, staff_id=g.staff.id, note=_note())

    return _do(case_id, "已解除督办。" if is_lifted else "已督办。", work)


@casework.post(f"{_CASE}/tags")
@staff_only(Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DISPATCHER, Role.SUPERVISOR)
def tag(case_id: int) -> AnyResponse:
    """Count the case as part of a campaign, which is made when its name is new."""
    name = tidy_text(request.form.get("name", ""))

    def work(session: Session) -> None:
        campaign_id = voices.add_campaign(session, name)
        voices.tag(session, case_id=case_id, campaign_id=campaign_id, staff_id=g.staff.id)

    return _do(case_id, "已归入专项。", work)
