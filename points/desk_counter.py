"""The counter: goods are handed over to whoever shows the code of the moment."""

import re

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel.database import transaction
from kernel.errors import Invalid, Refusal
from kernel.web import status_of

from . import fulfilment, keys, lookups, queries
from .desk_shell import COUNTER, desk, done
from .errors import IllegalMove, NoSiteOfMine
from .forms import request_key, whole_number
from .queries import RedemptionRow, SiteRow
from .rules import Status

_WORDS = re.compile(r"BX1:(\d{1,10}):(\d{8})")


class UnreadableCode(Invalid):
    code = "unreadable_code"
    sentence = "请扫居民手机上的取货码，或输入兑换编号和 8 位取货码。"


class NotHere(Invalid):
    code = "not_here"
    sentence = "这件东西不在您的领取点，或者已经办完了。请看居民手机上写的领取点。"


@desk.get("/counter")
@staff_only(*COUNTER)
def counter() -> str:
    """Offer the camera and the fields, and what waits here."""
    return _page()


def _page(refusal: Refusal | None = None, tries_left: int | None = None) -> str:
    with transaction() as session:
        site = lookups.site_of_keeper(session, g.staff.id)
        waiting = _waiting(session, site)
    return render_template(
        "points/desk_counter.html",
        place=site,
        has_no_site=_is_keeper() and site is None,
        waiting=waiting,
        refusal=refusal,
        tries_left=tries_left,
    )


def _is_keeper() -> bool:
    return bool(g.staff.role is Role.SHOP_KEEPER)


def _waiting(session: Session, site: SiteRow | None) -> tuple[RedemptionRow, ...]:
    """Return what waits at the keeper's point; numbers and things, never a code."""
    if site is None:
        return ()
    return queries.queue(session, status=Status.READY, site_id=site.id, limit=50)


@desk.post("/counter")
@staff_only(*COUNTER)
def hand_over() -> AnyResponse | tuple[str, int]:
    """Try a code; a right one ends the redemption, five wrong ones lock it."""
    try:
        no, code = _read()
        key = request_key(request.form)
        with transaction() as session:
            site = lookups.site_of_keeper(session, g.staff.id)
            if _is_keeper() and site is None:
                raise NoSiteOfMine
            outcome = fulfilment.hand_over(
                session,
                no=no,
                code=code,
                staff_id=g.staff.id,
                request_key=key,
                keys=keys.current(),
                site_id=site.id if site and _is_keeper() else None,
            )
            redemption_id = lookups.redemption_of_no(session, no)
            row = queries.redemption_file(session, redemption_id).row
    except IllegalMove:
        refusal: Refusal = NotHere()
        return _page(refusal), status_of(refusal)
    except Refusal as refusal:
        return _page(refusal), status_of(refusal)
    try:
        outcome.check()
    except Refusal as refusal:
        return _page(refusal, outcome.tries_left), status_of(refusal)
    done(f"核销成功。请交付：{row.item_name}（兑换编号 {row.no}）。")
    return redirect(url_for(".counter"), 303)


def _read() -> tuple[int, str]:
    """Return number and code, from what was scanned or from the two fields."""
    posted = request.form
    scanned = _WORDS.fullmatch("".join(posted.get("scanned", "")[:60].split()))
    if scanned:
        return int(scanned[1]), scanned[2]
    no = whole_number(posted.get("no", ""), most=10**10)
    code = "".join(posted.get("code", "")[:40].split())
    if no is None or not re.fullmatch(r"[0-9]{8}", code):
        raise UnreadableCode
    return no, code
