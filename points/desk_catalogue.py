"""The catalogue: items and their versions, pictures; pick-up points and who works there."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import staff_only
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import body_limit, status_of

from . import catalogue, lookups, ports, queries, stock
from .catalogue import Terms
from .desk_shell import OPERATORS, READERS, UPLOAD_LIMIT, desk, done
from .errors import BadItem
from .forms import BIGGEST_ID, begin_of, day, figure, line, optional_figure, tidy, whole_number
from .queries import OfferRow
from .rules import Period, Sort

PERIODS = {
    Period.DAY: "每人每天",
    Period.MONTH: "每人每月",
    Period.YEAR: "每人每年",
    Period.EVER: "每人一共",
}
_LONGEST_WORDS = 2000


@desk.get("/items")
@staff_only(*READERS)
def items() -> str:
    """List all items, also those that are not offered."""
    with transaction() as session:
        offers = queries.mall(session, all_items=True)
    return render_template("points/desk_items.html", offers=offers)


@desk.get("/items/new")
@staff_only(*OPERATORS)
def new_item() -> str:
    """Offer an empty form."""
    return _form_page(None)


@desk.post("/items/new")
@staff_only(*OPERATORS)
@body_limit(UPLOAD_LIMIT)
def add_item() -> AnyResponse | tuple[str, int]:
    """Add an item; it is not offered yet."""
    try:
        sort = _sort(request.form)
        terms = _terms(request.form, sort, picture_key=_picture(None))
        with transaction() as session:
            made = catalogue.add_item(session, sort=sort, terms=terms, staff_id=g.staff.id)
    except Refusal as refusal:
        return _form_page(None, refusal), status_of(refusal)
    done("已保存，还没有上架。先入库，再上架。")
    return redirect(url_for(".item", item_id=made), 303)


@desk.get(f"/items/<int(min=1, max={BIGGEST_ID}):item_id>")
@staff_only(*READERS)
def item(item_id: int) -> str:
    """Show an item with its stock, its versions and the form to change it."""
    return _form_page(item_id)


@desk.post(f"/items/<int(min=1, max={BIGGEST_ID}):item_id>")
@staff_only(*OPERATORS)
@body_limit(UPLOAD_LIMIT)
def change_item(item_id: int) -> AnyResponse | tuple[str, int]:
    """Give an item new terms; what was redeemed under the old ones keeps them."""
    try:
        with transaction() as session:
            offer = queries.offer(session, item_id)
        terms = _terms(request.form, offer.sort, picture_key=_picture(offer))
        with transaction() as session:
            catalogue.change_item(session, item_id=item_id, terms=terms, staff_id=g.staff.id)
    except Refusal as refusal:
        return _form_page(item_id, refusal), status_of(refusal)
    done("已保存为新版本。已经提交的兑换仍按原来的办。")
    return redirect(url_for(".item", item_id=item_id), 303)


@desk.post(f"/items/<int(min=1, max={BIGGEST_ID}):item_id>/listing")
@staff_only(*OPERATORS)
def list_item(item_id: int) -> AnyResponse:
    """Offer an item, or take it from the mall; open redemptions go on."""
    is_listed = request.form.get("listed") == "yes"
    with transaction() as session:
        catalogue.set_listed(session, item_id=item_id, is_listed=is_listed)
    done("已上架，居民能看到了。" if is_listed else "已下架，已提交的兑换不受影响。")
    return redirect(url_for(".item", item_id=item_id), 303)


def _form_page(item_id: int | None, refusal: Refusal | None = None) -> str:
    offer: OfferRow | None = None
    extra: Terms | None = None
    rows: tuple[stock.StockRow, ...] = ()
    versions: tuple[stock.VersionRow, ...] = ()
    with transaction() as session:
        if item_id is not None:
            offer = queries.offer(session, item_id)
            rows = stock.stock_of(session, item_id)
            versions = stock.versions(session, item_id)
            extra = catalogue.terms_of(session, item_id)
        sites = queries.sites(session)
    typed = request.form if refusal else _as_typed(offer, extra)
    return render_template(
        "points/desk_item.html",
        offer=offer,
        rows=rows,
        versions=versions,
        sites=sites,
        typed=typed,
        periods=PERIODS,
        sorts=list(Sort),
        refusal=refusal,
    )


def _as_typed(offer: OfferRow | None, terms: Terms | None) -> dict[str, str]:
    if offer is None or terms is None:
        return {"pickup_days": "14"}
    return {
        "name": terms.name,
        "price": str(terms.price),
        "description": terms.description,
        "terms": terms.terms,
        "yuan": f"{terms.worth_fen // 100}" if terms.worth_fen else "",
        "limit_count": str(terms.limit_count or ""),
        "limit_period": terms.limit_period or "",
        "opens_on": _day_of(terms.opens_at),
        "closes_on": _day_of(terms.closes_at, days=-1),
        "pickup_days": str(terms.pickup_days),
        "needs_approval": "yes" if terms.needs_approval else "",
    }


def _day_of(instant: datetime | None, *, days: int = 0) -> str:
    return f"{clock.city_day(instant) + timedelta(days=days)}" if instant else ""


def _sort(posted: Mapping[str, str]) -> Sort:
    try:
        return Sort(posted.get("sort", ""))
    except ValueError:
        raise BadItem from None


def _terms(posted: Mapping[str, str], sort: Sort, *, picture_key: str | None) -> Terms:
    opens, closes = day(posted.get("opens_on", "")), day(posted.get("closes_on", ""))
    period = posted.get("limit_period", "")
    limit = optional_figure(posted, "limit_count", most=1000)
    yuan = optional_figure(posted, "yuan", most=1000)
    if period and period not in set(Period):
        raise BadItem
    return Terms(
        name=line(posted, "name", longest=60),
        price=figure(posted, "price"),
        description=tidy(posted.get("description", ""))[:_LONGEST_WORDS],
        terms=tidy(posted.get("terms", ""))[:_LONGEST_WORDS],
        picture_key=picture_key,
        worth_fen=yuan * 100 if yuan and sort is Sort.CREDIT else None,
        limit_count=limit,
        limit_period=Period(period) if period and limit else None,
        opens_at=begin_of(opens) if opens else None,
        # The day that was chosen is the last one.
        closes_at=_after(closes) if closes else None,
        pickup_days=figure(posted, "pickup_days", most=365),
        needs_approval=posted.get("needs_approval") == "yes",
    )


def _after(value: date) -> datetime:
    return begin_of(value + timedelta(days=1))


def _picture(offer: OfferRow | None) -> str | None:
    """Return the key of the picture that was sent, of the one before, or of none."""
    file = request.files.get("picture")
    if file is not None and file.filename:
        return blobs.store().put(ports.connected().clean_picture(file.read()), "jpg")
    if offer is None or request.form.get("no_picture") == "yes":
        return None
    return offer.picture_key


# -- pick-up points ----------------------------------------------------------------------------


@desk.get("/sites")
@staff_only(*READERS)
def sites() -> str:
    """List pick-up points with opening times and who hands goods over there."""
    return _sites_page()


def _sites_page(refusal: Refusal | None = None) -> str:
    with transaction() as session:
        rows, people = queries.sites(session), lookups.keepers(session)
    return render_template("points/desk_sites.html", rows=rows, keepers=people, refusal=refusal)


@desk.post("/sites")
@staff_only(*OPERATORS)
def save_site() -> AnyResponse | tuple[str, int]:
    """Add a pick-up point, or correct one."""
    posted = request.form
    site_id = whole_number(posted.get("site_id", ""))
    words = {name: line(posted, name) for name in ("name", "address", "hours")}
    try:
        with transaction() as session:
            if site_id is None:
                catalogue.add_site(session, **words)
            else:
                is_active = posted.get("is_active") == "yes"
                catalogue.change_site(session, site_id=site_id, is_active=is_active, **words)
    except Refusal as refusal:
        return _sites_page(refusal), status_of(refusal)
    done("领取点已保存。")
    return redirect(url_for(".sites"), 303)


@desk.post("/keepers")
@staff_only(*OPERATORS)
def place_keeper() -> AnyResponse | tuple[str, int]:
    """Let a shop keeper hand goods over at a point."""
    staff_id = whole_number(request.form.get("staff_id", "")) or 0
    site_id = whole_number(request.form.get("site_id", ""))
    try:
        with transaction() as session:
            lookups.place_keeper(session, staff_id=staff_id, site_id=site_id)
    except Refusal as refusal:
        return _sites_page(refusal), status_of(refusal)
    done("已安排。")
    return redirect(url_for(".sites"), 303)
