"""What residents say is wrong with an entry: a queue in which staff say who is right."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of

from . import browsing, editing, service
from .errors import BadCorrection, CorrectionNotFound
from .rules import WRONG_WORDS, Wrong

desk = Blueprint(
    "convenience_corrections",
    __name__,
    url_prefix="/console/facilities/corrections",
    template_folder="templates",
)

# What may be removed at once when a resident is right about it.
GONE = (Wrong.CLOSED, Wrong.MOVED, Wrong.NOT_THERE)


@desk.get("/")
@staff_only(Role.DATA_EDITOR, Role.ACCEPTOR)
def worklist() -> str:
    """List what waits, longest waiting first."""
    return _page(None)


@desk.post("/<int(max=9223372036854775807):correction_id>")
@staff_only(Role.DATA_EDITOR, Role.ACCEPTOR)
def settle(correction_id: int) -> AnyResponse | tuple[str, int]:
    """Say that a resident is right or not; with `gone`, remove the facility in the same moment."""
    move = request.form.get("move")
    if move not in ("right", "gone", "wrong"):
        refusal = BadCorrection("请选择「属实」或「不属实」。")
        return _page(refusal), status_of(refusal)
    try:
        with transaction() as session:
            service.settle(
                session,
                correction_id=correction_id,
                is_right=move != "wrong",
                staff_id=g.staff.id,
                answer=request.form.get("answer", "").replace("\0", ""),
            )
            card = browsing.card_of_correction(session, correction_id)
            if move == "gone" and card.removed_at is None:
                editing.remove(
                    session,
                    card.code,
                    reason=f"居民反映，{clock.city_day(clock.now())}核实",
                    revision=browsing.revision_of(session, card.id),
                    staff_id=g.staff.id,
                )
    except CorrectionNotFound:
        raise
    except Refusal as refusal:
        return _page(refusal), status_of(refusal)
    if move == "right":
        flash("记下了。请把设施的内容改对。")
        return redirect(url_for("convenience_desk.show", code=card.code), 303)
    flash("已撤除这个设施。" if move == "gone" else "记下了：不属实。")
    return redirect(url_for(".worklist"), 303)


def _page(refusal: Refusal | None) -> str:
    with transaction() as session:
        told, waiting = browsing.corrections(session)
    return render_template(
        "convenience/desk_corrections.html",
        told=told,
        waiting=waiting,
        words=WRONG_WORDS,
        gone=GONE,
        refusal=refusal,
    )
