"""Receipt of goods, stocktaking, import of voucher codes, and the stock as a workbook."""

from collections.abc import Iterator

from flask import Response, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import staff_only
from kernel import tables
from kernel.database import transaction
from kernel.web import body_limit

from . import catalogue, code_files, keys, queries, stock
from .desk_shell import OPERATORS, READERS, UPLOAD_LIMIT, desk, done, download
from .forms import BIGGEST_ID, figure, line, request_key, whole_number
from .rules import SORT_WORDS


@desk.post(f"/items/<int(min=1, max={BIGGEST_ID}):item_id>/receipts")
@staff_only(*OPERATORS)
def receive(item_id: int) -> AnyResponse:
    """Take goods in, or the budget of phone credit; the same form again counts once."""
    count = figure(request.form, "count", most=catalogue.MOST_UNITS)
    with transaction() as session:
        catalogue.receive(
            session,
            item_id=item_id,
            count=count,
            request_key=request_key(request.form),
            staff_id=g.staff.id,
            site_id=whole_number(request.form.get("site_id", "")),
        )
    done(f"已入库 {count} 份。")
    return redirect(url_for(".item", item_id=item_id, _anchor="stock"), 303)


@desk.post(f"/items/<int(min=1, max={BIGGEST_ID}):item_id>/stocktaking")
@staff_only(*OPERATORS)
def take_stock(item_id: int) -> AnyResponse:
    """Make the books say what was counted on the shelf."""
    with transaction() as session:
        difference = stock.take_stock(
            session,
            item_id=item_id,
            site_id=whole_number(request.form.get("site_id", "")) or 0,
            counted=figure(request.form, "counted", most=catalogue.MOST_UNITS),
            note=line(request.form, "note"),
            staff_id=g.staff.id,
            request_key=request_key(request.form),
        )
    done(f"盘点已记下：{'账实相符' if difference == 0 else f'{difference:+} 份'}。")
    return redirect(url_for(".item", item_id=item_id, _anchor="stock"), 303)


@desk.post(f"/items/<int(min=1, max={BIGGEST_ID}):item_id>/codes")
@staff_only(*OPERATORS)
@body_limit(UPLOAD_LIMIT)
def import_codes(item_id: int) -> AnyResponse:
    """Take in voucher codes from a file, all or none; nobody sees them again."""
    file = request.files.get("codes")
    codes = code_files.read_codes(file.read(code_files.LARGEST + 1) if file else b"")
    with transaction() as session:
        count = catalogue.import_codes(
            session, item_id=item_id, codes=codes, keys=keys.current(), staff_id=g.staff.id
        )
    done(f"已导入 {count} 个券码，已加密保存。请删除原文件。")
    return redirect(url_for(".item", item_id=item_id, _anchor="stock"), 303)


@desk.get("/stock.xlsx")
@staff_only(*READERS)
def stock_sheet() -> Response:
    """Give the whole stock as a workbook."""
    with transaction() as session:
        rows = list(_rows(session))
    columns = ("商品", "类别", "积分", "领取点", "可兑", "待领", "已交付", "已核减", "应有")
    return download("积分商品库存", tables.xlsx("库存", columns, rows))


def _rows(session: Session) -> Iterator[tuple[tables.Cell, ...]]:
    for offer in queries.mall(session, all_items=True):
        for row in stock.stock_of(session, offer.item_id):
            yield (
                offer.name,
                SORT_WORDS[offer.sort],
                offer.price,
                row.site_name,
                row.free,
                row.promised,
                row.handed_over,
                row.written_off,
                row.on_shelf,
            )
