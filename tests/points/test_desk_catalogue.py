"""Items, their versions and pictures; stock; voucher codes; pick-up points."""

import io
import zipfile
from uuid import uuid4

import pytest
import python_calamine
import xlsxwriter
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts import Role
from points import code_files, lookups, queries, stock
from points import keys as keyring
from points.errors import BadAmount
from points.models import Redemption
from points.rules import Sort
from tests import factories
from tests.pages import Page, page_of
from tests.points.counter import Case
from tests.points.desk import Desk, form_with
from tests.points.mall import a_site, an_item, goods, one, redeem, rich_citizen


@pytest.fixture
def desk(app: Flask, session: Session) -> Desk:
    return Desk(app, session)


TERMS = {"name": "雨伞", "price": "80", "pickup_days": "14", "terms": "一人一把"}


def add(desk: Desk, **changed: object) -> Page:
    form = next(f for f in desk.look("/items/new").forms if "name" in f.fields)
    answer = desk.send(form, **{"sort": "goods", **TERMS, **changed})
    assert answer.status_code == 303, page_of(answer).alerts
    return desk.look(answer.location.removeprefix("/console/points"))


def test_a_new_item_is_saved_stocked_and_offered(desk: Desk, session: Session):
    site_id = a_site(session, "观音桥便民点")
    session.commit()
    page = add(desk, limit_count="1", limit_period="month", closes_on="2099-12-31")
    assert "未上架" in page.text
    form = form_with(page, action="/receipts")
    for _ in range(2):
        assert "已入库 20 份" in desk.done(desk.send(form, site_id=str(site_id), count="20"))
    assert "已上架" in desk.done(desk.send(form_with(page, listed="yes")))
    (offer,) = queries.mall(session)
    assert (offer.name, offer.price, offer.left, offer.limit_period) == ("雨伞", 80, 20, "month")
    assert offer.closes_at
    assert f"{offer.closes_at:%m-%d %H}" == "12-31 16"  # midnight after the last day
    assert "已下架" in desk.done(desk.send(form_with(desk.look(desk.path[15:]), listed="no")))
    assert queries.mall(session) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"name": " \x00 "},
        {"price": "0"},
        {"price": "-5"},
        {"price": "1e3"},
        {"price": "1.5"},
        {"price": "9999999"},
        {"price": "１２"},
        {"sort": "gold"},
        {"sort": "credit"},
        {"limit_count": "2"},
        {"limit_period": "month"},
        {"limit_count": "1", "limit_period": "century"},
        {"opens_on": "tomorrow"},
        {"opens_on": "2026-13-01"},
        {"opens_on": "2027-01-02", "closes_on": "2027-01-01"},
        {"pickup_days": "0"},
        {"pickup_days": "366"},
    ],
)
def test_a_form_filled_in_wrongly_keeps_what_was_typed(desk: Desk, changed: dict[str, str]):
    form = next(f for f in desk.look("/items/new").forms if "name" in f.fields)
    answer = desk.send(form, **{"sort": "goods", **TERMS, **changed})
    if changed == {"limit_period": "month"}:  # a period without a number limits nothing
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    page = page_of(answer)
    assert page.alerts
    assert "一人一把" in page.html


def test_changes_do_not_touch_open_redemptions(desk: Desk, session: Session, app: Flask):
    case = Case(session, keyring.current())
    session.commit()
    form = next(f for f in desk.look(f"/items/{case.item_id}").forms if "name" in f.fields)
    assert "新版本" in desk.done(desk.send(form, name="保温杯", price="500", terms="换了"))
    session.expire_all()
    kept = session.get_one(Redemption, case.id)
    assert (kept.price, kept.item_version) == (100, 1)
    assert queries.redemption_file(session, case.id).row.item_name == "搪瓷杯"
    assert queries.offer(session, case.item_id).price == 500


def test_a_picture_is_cleaned_kept_and_can_be_taken_away(desk: Desk, session: Session):
    sent = (io.BytesIO(factories.image_bytes((300, 200), kind="PNG")), "../../x.php")
    page = add(desk, picture=sent)
    source = next(a["src"] for tag, a in page.tags if tag == "img" and "pictures" in a["src"])
    answer = desk.client.get(source)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert "immutable" in answer.headers["Cache-Control"]
    path = desk.path[15:]
    form = next(f for f in page.forms if "name" in f.fields)
    assert "no_picture" not in form.fields  # its box is there, and not ticked
    desk.done(desk.send(form, price="90"))
    assert "pictures/2" in desk.look(path).html
    desk.done(desk.send(form, no_picture="yes"))
    assert "pictures/3" not in desk.look(path).html


def test_what_is_no_picture_is_refused(desk: Desk):
    form = next(f for f in desk.look("/items/new").forms if "name" in f.fields)
    for data in (b"", b"<svg onload=alert(1)>", b"\x89PNG\r\n" + b"\0" * 99):
        sent = (io.BytesIO(data), "x.png")
        answer = desk.send(form, sort="goods", **TERMS, picture=sent)
        assert answer.status_code == 422
    big = (io.BytesIO(b"\0" * 13 * 1024 * 1024), "x.png")
    assert desk.send(form, sort="goods", **TERMS, picture=big).status_code == 413


# -- stock -------------------------------------------------------------------------------------


def test_stocktaking_writes_off_what_is_missing_and_takes_in_what_is_over(
    desk: Desk, session: Session
):
    item_id, site_id = goods(session, stock=5)
    redeem(session, rich_citizen(session), item_id, keyring.current(), site_id=site_id).check()
    session.commit()
    form = form_with(desk.look(f"/items/{item_id}"), action="/stocktaking")
    for _ in range(2):
        answer = desk.send(form, site_id=str(site_id), counted="3", note="少了两个")
        assert "-2 份" in desk.done(answer)
    (row,) = stock.stock_of(session, item_id)
    assert (row.free, row.promised, row.on_shelf, row.written_off) == (2, 1, 3, 2)
    form = form_with(desk.look(f"/items/{item_id}"), action="/stocktaking")
    assert "+4 份" in desk.done(desk.send(form, site_id=str(site_id), counted="7", note="找到了"))
    assert stock.stock_of(session, item_id)[0].on_shelf == 7
    form = form_with(desk.look(f"/items/{item_id}"), action="/stocktaking")
    assert "账实相符" in desk.done(desk.send(form, site_id=str(site_id), counted="7", note="复点"))


def test_what_is_promised_cannot_be_counted_away(desk: Desk, session: Session):
    item_id, site_id = goods(session, stock=1)
    redeem(session, rich_citizen(session), item_id, keyring.current(), site_id=site_id).check()
    session.commit()
    with pytest.raises(BadAmount):
        stock.take_stock(
            session,
            item_id=item_id,
            site_id=site_id,
            counted=0,
            note="没有了",
            staff_id=desk.staff_id,
            request_key=factories.key(),
        )
    form = form_with(desk.look(f"/items/{item_id}"), action="/stocktaking")
    assert desk.send(form, site_id=str(site_id), counted="0", note="没有了").status_code == 422


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("receipts", {"count": "0", "site_id": "SITE"}, 422),
        ("receipts", {"count": "10001", "site_id": "SITE"}, 422),
        ("receipts", {"count": "5"}, 422),
        ("receipts", {"count": "5", "site_id": "999999"}, 422),
        ("receipts", {"count": "5", "site_id": "SITE", "request_key": "x"}, 422),
        ("stocktaking", {"counted": "1", "site_id": "SITE", "note": " "}, 422),
        ("stocktaking", {"counted": "", "site_id": "SITE", "note": "x"}, 422),
        ("stocktaking", {"counted": "1", "site_id": "999999", "note": "x"}, 422),
        ("codes", {}, 422),
    ],
)
def test_garbage_moves_no_stock(
    desk: Desk, session: Session, path: str, fields: dict[str, str], status: int
):
    item_id, site_id = goods(session, stock=3)
    session.commit()
    given = {"request_key": uuid4().hex, **fields}
    if given.get("site_id") == "SITE":
        given["site_id"] = str(site_id)
    assert desk.post(f"/items/{item_id}/{path}", **given).status_code == status
    assert desk.post(f"/items/99999/{path}", **given).status_code in {404, 422}
    assert stock.stock_of(session, item_id)[0].free == 3


def workbook(*codes: object) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for row, code in enumerate(codes):
        sheet.write(row, 0, code)
    book.close()
    return buffer.getvalue()


def test_codes_come_from_a_workbook_encrypted_and_nobody_lists_them(desk: Desk, session: Session):
    item_id = an_item(session, sort=Sort.VOUCHER, stock=0, keys=keyring.current())
    session.commit()
    form = form_with(desk.look(f"/items/{item_id}"), action="/codes")
    sent = (io.BytesIO(workbook("券码", "CODE-AAA", 12345678)), "codes.xlsx")
    assert "已导入 2 个券码" in desk.done(desk.send(form, codes=sent))
    sent = (io.BytesIO(workbook("CODE-BBB", "CODE-AAA")), "codes.xlsx")
    assert desk.send(form, codes=sent).status_code == 422
    assert one(session, "SELECT count(*) FROM points_voucher_codes") == 2
    for path in (f"/items/{item_id}", "", "/items", "/ledger", "/sheet"):
        assert "CODE-AAA" not in desk.look(path).html
    for path in ("/stock.xlsx", "/ledger.xlsx"):
        assert b"CODE-AAA" not in unpacked(desk.get(path).data)
    dump = session.execute(text("SELECT string_agg(v::text, '') FROM points_voucher_codes v"))
    assert "CODE-AAA" not in dump.scalar_one()


def unpacked(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return b"".join(package.read(name) for name in package.namelist())


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"A1\nA2\n", ["A1", "A2"]),
        ("\ufeff券码,备注\nA1,x\n\nA2\n".encode(), ["A1", "A2"]),
        ("兑换码\n甲1\n".encode("gb18030"), ["甲1"]),
        (b'"A,1"\r\nA2', ["A,1", "A2"]),
    ],
)
def test_codes_are_read_from_text_however_it_was_saved(data: bytes, codes: list[str]):
    assert code_files.read_codes(data) == codes


def far_cell() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet().write(1_000_000, 16_000, "x")
    book.close()
    return buffer.getvalue()


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n", id="blank lines"),
        pytest.param(b"\x00\x01\x02", id="control characters"),
        pytest.param(b"PK\x03\x04broken", id="broken archive"),
        pytest.param("券码\n".encode(), id="header alone"),
        pytest.param(b"x\n" * 10_001, id="too many rows"),
        pytest.param(b"x" * (code_files.LARGEST + 1), id="too many bytes"),
        pytest.param(far_cell(), id="far cell"),
        pytest.param(bomb(), id="bomb"),
        pytest.param(b'"' + b"x" * 200_000, id="open quote"),
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes):
    with pytest.raises((code_files.UnreadableCodes, code_files.TooManyCodes)):
        code_files.read_codes(data)


def test_the_stock_is_exported_as_it_is(desk: Desk, session: Session):
    goods(session, stock=4)
    session.commit()
    answer = desk.get("/stock.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert book.get_sheet_by_index(0).to_python()[1][0] == "搪瓷杯"


# -- pick-up points ----------------------------------------------------------------------------


def test_a_pick_up_point_is_added_corrected_and_closed(desk: Desk, session: Session):
    page = desk.look("/sites")
    form = next(f for f in page.forms if f.fields.get("name") == "")
    assert "已保存" in desk.done(desk.send(form, name="东门", address="洋河路1号", hours="9–17点"))
    assert desk.send(form, name="东门", address="别处").status_code == 422
    assert desk.send(form, name="", address="别处").status_code == 422
    (site,) = queries.sites(session)
    form = next(f for f in desk.look("/sites").forms if f.fields.get("site_id") == str(site.id))
    form.fields.pop("is_active")
    desk.done(desk.send(form, hours="8–20点"))
    session.expire_all()
    (site,) = queries.sites(session)
    assert (site.hours, site.is_active) == ("8–20点", False)
    assert desk.send(form, site_id="99999").status_code == 422


def test_a_shop_keeper_is_placed(app: Flask, desk: Desk, session: Session):
    keeper = Desk(app, session, Role.SHOP_KEEPER, "刘芳")
    site_id = a_site(session, "东门")
    session.commit()
    form = form_with(desk.look("/sites"), staff_id=str(keeper.staff_id))
    desk.done(desk.send(form, site_id=str(site_id)))
    placed = lookups.site_of_keeper(session, keeper.staff_id)
    assert placed
    assert placed.id == site_id
    assert "核销：东门" in keeper.look("/counter").text
    desk.done(desk.send(form, site_id=""))
    assert lookups.site_of_keeper(session, keeper.staff_id) is None
    for staff_id in (str(desk.staff_id), "99999", "x"):
        assert desk.send(form, staff_id=staff_id, site_id=str(site_id)).status_code == 422
    assert desk.send(form, site_id="99999").status_code == 422
