"""The second person: proposals and appeals. And what somebody should look at."""

from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import staff_only
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of

from . import adjustments, appeals, explorer, review, traces
from .desk_shell import OPERATORS, READERS, desk, done
from .errors import AppealNotFound, TransferNotFound
from .forms import tidy, whole_number

MARK_WORDS = {"device": "同一台设备", "network": "同一个网络"}


@desk.get("/proposals")
@staff_only(*READERS)
def proposals() -> str:
    """Show what waits for a second person: movements by hand, and appeals."""
    return _page()


def _page(refusal: Refusal | None = None) -> str:
    with transaction() as session:
        return render_template(
            "points/desk_proposals.html",
            proposals=explorer.proposals(session),
            appeals=appeals.appeals(session),
            refusal=refusal,
        )


@desk.post("/proposals")
@staff_only(*OPERATORS)
def decide_proposal() -> AnyResponse | tuple[str, int]:
    """Approve or turn down what a colleague proposed; one's own is refused."""
    is_approved = request.form.get("verdict") == "yes"
    try:
        try:
            proposal_id = UUID(request.form.get("proposal_id", ""))
        except ValueError:
            raise TransferNotFound from None
        with transaction() as session:
            adjustments.decide(
                session, proposal_id=proposal_id, staff_id=g.staff.id, is_approved=is_approved
            )
    except Refusal as refusal:
        return _page(refusal), status_of(refusal)
    done("已复核通过，积分已变动。" if is_approved else "已复核为不通过。")
    return redirect(url_for(".proposals"), 303)


@desk.post("/appeals")
@staff_only(*OPERATORS)
def decide_appeal() -> AnyResponse | tuple[str, int]:
    """Decide an appeal with an answer that the resident reads."""
    is_upheld = request.form.get("verdict") == "yes"
    appeal_id = whole_number(request.form.get("appeal_id", ""), most=10**12)
    try:
        if appeal_id is None:
            raise AppealNotFound
        with transaction() as session:
            appeals.decide_appeal(
                session,
                appeal_id=appeal_id,
                staff_id=g.staff.id,
                is_upheld=is_upheld,
                answer=tidy(request.form.get("answer", "")),
            )
    except Refusal as refusal:
        return _page(refusal), status_of(refusal)
    done("申诉已办结，居民会收到答复。")
    return redirect(url_for(".proposals"), 303)


@desk.get("/review")
@staff_only(*READERS)
def review_signs() -> str:
    """Show signs of fraud, and what is frozen. A sign is no proof."""
    with transaction() as session:
        return render_template(
            "points/desk_review.html",
            shared=review.shared(session),
            spots=review.spots(session),
            habits=review.habits(session),
            freezes=appeals.freezes(session),
            mark_words=MARK_WORDS,
            kept_days=traces.KEPT_DAYS,
        )
