"""What residents see of their points: the account, the mall, what they redeemed."""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import public, resident_only
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.languages import moment
from kernel.web import settings, status_of
from kernel.words import day

from . import (
    appeals,
    catalogue,
    fulfilment,
    keys,
    overview,
    queries,
    redemption,
    references,
    traces,
)
from .errors import CodeLocked, IllegalMove, UnknownItem
from .forms import BIGGEST_ID, new_key, phone, request_key, tidy, whole_number
from .page_words import STEP_WORDS, in_points, limit_words, next_words
from .queries import OfferRow, RedemptionFile
from .rules import SORT_WORDS, Sort, Status

LINES = 20  # of the history on one page
ROWS = 20  # of redemptions
# Tells browsers apart for the review of fraud, which keeps a keyed hash of it for weeks.
DEVICE_COOKIE, DEVICE_DAYS = "bx_device", 365

blueprint = Blueprint("points", __name__, url_prefix="/points", template_folder="templates")


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "day_words": day,
        "moment": moment,
        "in_points": in_points,
        "limit_words": limit_words,
        "sort_words": SORT_WORDS,
        "new_key": new_key,
    }


# -- the account -------------------------------------------------------------------------------


@blueprint.get("")
@resident_only
def home() -> str:
    """Show what the resident has, what goes when, and what happened."""
    return _home_page()


def _home_page(refusal: Refusal | None = None) -> str:
    with transaction() as session:
        lines = overview.statement(session, g.citizen_id, limit=LINES)
        return render_template(
            "points/home.html",
            balance=queries.balance(session, g.citizen_id),
            lines=lines,
            older_seq=_older_seq(lines),
            unrewarded=overview.unrewarded(session, g.citizen_id),
            taken_back=overview.taken_back(session, g.citizen_id),
            freeze=appeals.freeze_of(session, g.citizen_id),
            appealed=appeals.appeals_of(session, g.citizen_id),
            open_count=len(overview.summary(session, g.citizen_id).open_redemptions),
            reference=references.reference_of(g.citizen_id, keys.current()),
            refusal=refusal,
        )


def _older_seq(lines: tuple[overview.StatementLine, ...]) -> int | None:
    return lines[-1].line.seq if len(lines) == LINES else None


@blueprint.get("/history")
@resident_only
def history() -> str:
    """Show older lines of the history."""
    before = whole_number(request.args.get("before", ""), most=10**12)
    with transaction() as session:
        lines = overview.statement(session, g.citizen_id, before_seq=before, limit=LINES)
    return render_template("points/history.html", lines=lines, older_seq=_older_seq(lines))


@blueprint.post("/appeals")
@resident_only
def appeal() -> AnyResponse | tuple[str, int]:
    """Take down why the resident thinks that a freeze or a claw-back is wrong; once each."""
    words = tidy(request.form.get("words", ""))
    case_id = whole_number(request.form.get("case_id", ""), most=10**12)
    try:
        with transaction() as session:
            if case_id is None:
                appeals.appeal_freeze(session, citizen_id=g.citizen_id, words=words)
            else:
                appeals.appeal_reclaim(
                    session, citizen_id=g.citizen_id, case_id=case_id, words=words
                )
    except Refusal as refusal:
        return _home_page(refusal), status_of(refusal)
    return redirect(url_for(".home", _anchor="appeal"), 303)


# -- the mall ----------------------------------------------------------------------------------


@blueprint.get("/mall")
@resident_only
def mall() -> str:
    """Show what can be had now, and what the resident has for it."""
    with transaction() as session:
        offers = queries.mall(session)
        balance = queries.balance(session, g.citizen_id)
    return render_template("points/mall.html", offers=offers, balance=balance, now=clock.now())


@blueprint.get(f"/mall/<int(min=1, max={BIGGEST_ID}):item_id>")
@resident_only
def item(item_id: int) -> str | tuple[str, int]:
    """Show one thing: price, rules, where to get it."""
    with transaction() as session:
        balance = queries.balance(session, g.citizen_id)
        try:
            offer = _listed(queries.offer(session, item_id))
        except UnknownItem as refusal:
            return render_template("points/gone.html", refusal=refusal), 404
    return render_template("points/item.html", offer=offer, balance=balance, now=clock.now())


def _listed(offer: OfferRow) -> OfferRow:
    if not offer.is_listed:
        raise UnknownItem
    return offer


@blueprint.get(f"/mall/<int(min=1, max={BIGGEST_ID}):item_id>/confirm")
@resident_only
def confirm(item_id: int) -> str | tuple[str, int]:
    """Ask once whether this is what the resident wants."""
    return _confirm_page(item_id, whole_number(request.args.get("site_id", "")))


def _confirm_page(
    item_id: int, site_id: int | None, refusal: Refusal | None = None
) -> str | tuple[str, int]:
    with transaction() as session:
        balance = queries.balance(session, g.citizen_id)
        try:
            offer = _listed(queries.offer(session, item_id))
        except UnknownItem as gone:
            return render_template("points/gone.html", refusal=gone), 404
    place = next((each for each in offer.sites if each.site_id == site_id), None)
    if offer.sort is Sort.GOODS and place is None:
        page = render_template(
            "points/item.html", offer=offer, balance=balance, now=clock.now(), refusal=refusal
        )
    else:
        page = render_template(
            "points/confirm.html", offer=offer, place=place, balance=balance, refusal=refusal
        )
    return page if refusal is None else (page, status_of(refusal))


@blueprint.get(f"/mall/<int(min=1, max={BIGGEST_ID}):item_id>/pictures/<int(max=9999):version>")
@public
def picture(item_id: int, version: int) -> Response:
    """Serve the picture of a version of an item; it never changes."""
    with transaction() as session:
        key = catalogue.picture_key(session, item_id=item_id, version=version)
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing:
        raise UnknownItem from None
    answer = send_file(BytesIO(data), "image/jpeg", etag=key)
    answer.headers["Cache-Control"] = "public, max-age=604800, immutable"
    return answer


# -- redemptions -------------------------------------------------------------------------------


@blueprint.post("/redemptions")
@resident_only
def redeem() -> AnyResponse | str | tuple[str, int]:
    """Redeem what was confirmed; the same form again leads to the same redemption."""
    posted = request.form
    item_id = whole_number(posted.get("item_id", ""))
    version = whole_number(posted.get("version", ""))
    site_id = whole_number(posted.get("site_id", ""))
    if item_id is None or version is None:
        raise UnknownItem
    try:
        key = request_key(posted)
        device = _device()
        with transaction() as session:
            # Before the wallet is locked, so that nobody waits longer for it.
            traces.see(
                session,
                citizen_id=g.citizen_id,
                keys=keys.current(),
                device=device,
                network=request.remote_addr,
            )
            answer = redemption.redeem(
                session,
                citizen_id=g.citizen_id,
                item_id=item_id,
                seen_version=version,
                request_key=key,
                keys=keys.current(),
                site_id=site_id,
                phone=phone(posted),
            )
        made = answer.check()
    except Refusal as refusal:
        return _confirm_page(item_id, site_id, refusal)
    led = redirect(url_for(".show", redemption_id=made), 303)
    led.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=DEVICE_DAYS * 86400,
        path="/points",
        secure=settings().cookie_secure,
        httponly=True,
        samesite="Lax",
    )
    return led


def _device() -> str:
    """Return the random number that this browser keeps, a fresh one where it has none."""
    kept = request.cookies.get(DEVICE_COOKIE, "")
    is_ours = len(kept) == 32 and kept.isascii() and kept.isalnum()
    return kept if is_ours else new_key()


@blueprint.get("/redemptions")
@resident_only
def mine() -> str:
    """List the resident's redemptions, newest first."""
    before = whole_number(request.args.get("before", ""), most=10**12)
    with transaction() as session:
        rows = queries.redemptions_of(session, g.citizen_id, before_no=before, limit=ROWS)
    older_no = rows[-1].no if len(rows) == ROWS else None
    return render_template("points/redemptions.html", rows=rows, older_no=older_no)


@blueprint.get("/redemptions/<uuid:redemption_id>")
@resident_only
def show(redemption_id: UUID) -> str:
    """Show where a redemption stands, what comes next, and a voucher's code once it is open."""
    return _redemption_page(redemption_id)


def _redemption_page(redemption_id: UUID, refusal: Refusal | None = None) -> str:
    with transaction() as session:
        file = queries.redemption_file(session, redemption_id, citizen_id=g.citizen_id)
        row, code = file.row, None
        if row.sort is Sort.VOUCHER and row.status is Status.FULFILLED:
            code = fulfilment.open_voucher(
                session, redemption_id=redemption_id, citizen_id=g.citizen_id, keys=keys.current()
            )
        place = queries.site(session, row.site_name) if row.site_name else None
    return render_template(
        "points/redemption.html",
        file=file,
        row=row,
        code=code,
        place=place,
        next_words=next_words(file),
        may_cancel=_may_cancel(file),
        step_words=STEP_WORDS,
        refusal=refusal,
    )


def _may_cancel(file: RedemptionFile) -> bool:
    status = file.row.status
    return status is Status.REQUESTED or (
        status is Status.READY and file.row.sort is not Sort.CREDIT
    )


@blueprint.post("/redemptions/<uuid:redemption_id>/cancel")
@resident_only
def cancel(redemption_id: UUID) -> AnyResponse | tuple[str, int]:
    """Take a redemption back while that is possible."""
    try:
        key = request_key(request.form)
        with transaction() as session:
            fulfilment.cancel(
                session, redemption_id=redemption_id, citizen_id=g.citizen_id, request_key=key
            )
    except IllegalMove as refusal:
        return _redemption_page(redemption_id, refusal), status_of(refusal)
    return redirect(url_for(".show", redemption_id=redemption_id), 303)


@blueprint.post("/redemptions/<uuid:redemption_id>/voucher")
@resident_only
def open_voucher(redemption_id: UUID) -> AnyResponse | tuple[str, int]:
    """Unlock a voucher's code; the page shows it from then on."""
    try:
        with transaction() as session:
            fulfilment.open_voucher(
                session, redemption_id=redemption_id, citizen_id=g.citizen_id, keys=keys.current()
            )
    except IllegalMove as refusal:
        return _redemption_page(redemption_id, refusal), status_of(refusal)
    return redirect(url_for(".show", redemption_id=redemption_id), 303)


@blueprint.get("/redemptions/<uuid:redemption_id>/pickup")
@resident_only
def pickup(redemption_id: UUID) -> AnyResponse | str:
    """Show the code of this minute, large; the page renews itself."""
    with transaction() as session:
        file = queries.redemption_file(session, redemption_id, citizen_id=g.citizen_id)
        try:
            shown = fulfilment.show_pickup(
                session, redemption_id=redemption_id, citizen_id=g.citizen_id, keys=keys.current()
            )
        except CodeLocked:
            shown = None
        except IllegalMove:
            # Collected meanwhile, or cancelled: its page says so.
            return redirect(url_for(".show", redemption_id=redemption_id), 303)
        place = queries.site(session, file.row.site_name or "")
    return render_template("points/pickup.html", row=file.row, shown=shown, place=place)


@blueprint.post("/redemptions/<uuid:redemption_id>/pickup")
@resident_only
def renew_pickup(redemption_id: UUID) -> AnyResponse | tuple[str, int]:
    """Make a fresh code after wrong ones, or after somebody looked over a shoulder."""
    try:
        with transaction() as session:
            fulfilment.rotate_pickup(
                session, redemption_id=redemption_id, citizen_id=g.citizen_id, keys=keys.current()
            )
    except IllegalMove as refusal:
        return _redemption_page(redemption_id, refusal), status_of(refusal)
    return redirect(url_for(".pickup", redemption_id=redemption_id), 303)
