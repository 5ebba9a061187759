"""The complaint desk: a person by number, what he has and why, and what may be done about it."""

from uuid import UUID, uuid5

from flask import abort, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import staff_only
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of

from . import adjustments, appeals, keys, lookups, overview, queries, references
from .desk_shell import OPERATORS, READERS, desk, done
from .errors import BadAmount, IllegalMove, NobodyFound
from .forms import figure, line, request_key, tidy, whole_number
from .rules import SHAPES, Code

_PROPOSALS = UUID("5f1f4f60-64c8-5b33-9f6f-1f8dd40b3c0a")
# What the desk may propose; what an appeal gives back is proposed by deciding it.
PROPOSED = (Code.GRANT, Code.DEDUCT, Code.REFUND, Code.FORGIVE)


@desk.get("/people")
@staff_only(*READERS)
def people() -> AnyResponse | str | tuple[str, int]:
    """Find a person by the number that he says; nobody can be looked through."""
    typed = line(request.args, "q", longest=40)
    if not typed:
        return render_template("points/desk_people.html", typed="", refusal=None)
    with transaction() as session:
        found = lookups.find_person(session, typed, keys.current())
    if found is None:
        refusal = NobodyFound()
        return render_template("points/desk_people.html", typed=typed, refusal=refusal), 404
    return redirect(_address(found.citizen_id), 303)


def _address(citizen_id: int, anchor: str | None = None) -> str:
    reference = references.reference_of(citizen_id, keys.current())
    return url_for(".person", reference=reference, _anchor=anchor)


@desk.get("/people/<reference>")
@staff_only(*READERS)
def person(reference: str) -> str:
    """Show what a person has, where it came from, and what may be done."""
    return _page(_citizen(reference))


def _citizen(reference: str) -> int:
    """Return whose reference it is; only whole references lead to somebody."""
    with transaction() as session:
        found = lookups.find_person(session, reference, keys.current())
    if found is None or references.reference_of(found.citizen_id, keys.current()) != reference:
        abort(404)
    return found.citizen_id


def _page(citizen_id: int, refusal: Refusal | None = None) -> str:
    before = whole_number(request.args.get("before", ""), most=10**12)
    with transaction() as session:
        return render_template(
            "points/desk_person.html",
            citizen_id=citizen_id,
            balance=queries.balance(session, citizen_id),
            lines=overview.statement(session, citizen_id, before_seq=before, limit=50),
            redemptions=queries.redemptions_of(session, citizen_id, limit=30),
            earned=overview.earned(session, citizen_id),
            taken_back=overview.taken_back(session, citizen_id),
            unrewarded=overview.unrewarded(session, citizen_id, limit=20),
            freeze=appeals.freeze_of(session, citizen_id),
            appealed=appeals.appeals_of(session, citizen_id),
            insider=lookups.insider(session, citizen_id),
            proposed={code: SHAPES[code].words for code in PROPOSED},
            refusal=refusal,
            typed=request.form,
        )


@desk.post("/people/<reference>")
@staff_only(*OPERATORS)
def act_on_person(reference: str) -> AnyResponse | tuple[str, int]:
    """Freeze, unfreeze, take back, propose a movement, or note that he works for the district."""
    citizen_id = _citizen(reference)
    act = _ACTS.get(request.form.get("act", ""))
    try:
        if act is None:
            raise IllegalMove
        with transaction() as session:
            words = act(session, citizen_id)
    except Refusal as refusal:
        return _page(citizen_id, refusal), status_of(refusal)
    done(words)
    return redirect(_address(citizen_id), 303)


def _note() -> str:
    return tidy(request.form.get("note", ""))


def _freeze(session: Session, citizen_id: int) -> str:
    adjustments.check_not_own(session, staff_id=g.staff.id, citizen_id=citizen_id)
    appeals.freeze(session, citizen_id=citizen_id, staff_id=g.staff.id, reason=_note())
    return "已冻结，居民会收到通知，可以申诉。解冻要由另一位同事办。"


def _unfreeze(session: Session, citizen_id: int) -> str:
    appeals.unfreeze(session, citizen_id=citizen_id, staff_id=g.staff.id, reason=_note())
    return "已解冻，居民会收到通知。"


def _reclaim(session: Session, citizen_id: int) -> str:
    case_id = whole_number(request.form.get("case_id", ""), most=10**12)
    taken, owed = adjustments.reclaim(
        session,
        case_id=case_id or 0,
        citizen_id=citizen_id,
        staff_id=g.staff.id,
        reason=_note(),
    )
    return f"已收回 {taken} 分，记欠 {owed} 分。居民会收到通知，可以申诉。"


def _propose(session: Session, citizen_id: int) -> str:
    posted = request.form
    code = next((each for each in PROPOSED if each == posted.get("code")), None)
    if code is None:
        raise IllegalMove
    kind, source = "proposal", None
    if code is Code.REFUND:
        no = whole_number(posted.get("redemption_no", ""), most=10**10)
        kind, source = "redemption", str(lookups.redemption_of_no(session, no or 0))
    amount = figure(posted, "amount")
    if amount == 0:
        raise BadAmount
    adjustments.propose(
        session,
        # The form's own key: sent twice, it is one proposal.
        proposal_id=uuid5(_PROPOSALS, f"{g.staff.id}:{request_key(posted)}"),
        code=code,
        citizen_id=citizen_id,
        amount=amount,
        reason=_note(),
        staff_id=g.staff.id,
        source_kind=kind,
        source_id=source,
    )
    return "已提交，由另一位同事复核后生效。"


def _mark(session: Session, citizen_id: int) -> str:
    adjustments.check_not_own(session, staff_id=g.staff.id, citizen_id=citizen_id)
    username = line(request.form, "username", longest=60)
    staff_id = lookups.staff_of_username(session, username) if username else None
    adjustments.mark_insider(session, citizen_id=citizen_id, note=_note(), staff_id=staff_id)
    if staff_id is None:
        return "已记下：以后的上报不计积分。"
    return "已记下：以后的上报不计积分，他也不能经手自己的积分。"


_ACTS = {
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "reclaim": _reclaim,
    "propose": _propose,
    "insider": _mark,
}
