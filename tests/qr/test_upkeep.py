"""What people say of plates, photos of places, copied signs that were looked into, check files."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts import Role
from qr import queries, service
from qr.rules import MOST_CHECK_FILES
from tests import factories
from tests.pages import Form, page_of, sign_in_as, submit
from tests.qr.signs import Planted, a_sign, do

CHECK = ("aB3dE5fG7h.txt", b"0123456789abcdef0123456789abcdef")


@pytest.fixture
def desk(client: FlaskClient, session: Session) -> FlaskClient:
    sign_in_as(client, session, factories.a_member_of_staff(session, role=Role.DATA_EDITOR))
    return client


@pytest.fixture
def sign(session: Session) -> Planted:
    return a_sign(session)


# -- what people say of a plate ------------------------------------------------------------


def plate_form(client: FlaskClient, sign: Planted) -> Form:
    return page_of(client.get(f"/s/{sign.code}/plate")).forms[0]


def told(session: Session) -> list[tuple[str, int, str | None]]:
    rows = session.execute(
        text("SELECT trouble, times, remark FROM qr_plate_reports ORDER BY trouble")
    )
    return [tuple(row) for row in rows]


def test_what_is_said_of_a_plate_is_counted_and_a_form_counts_once(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    form = plate_form(client, sign)
    for _ in range(2):
        answer = submit(client, form, trouble="covered", remark=" 被树\n挡住 ")
        assert "谢谢您" in page_of(client.get(answer.location)).text
    submit(client, plate_form(client, sign), trouble="covered")
    submit(client, plate_form(client, sign), trouble="tampered")
    assert told(session) == [("covered", 2, "被树 挡住"), ("tampered", 1, None)]


def test_an_inspector_meets_it_on_his_round_and_what_he_notes_settles_it(
    desk: FlaskClient, session: Session, sign: Planted
) -> None:
    submit(desk, plate_form(desk, sign), trouble="moved", remark="快掉了")
    assert sign.number in page_of(desk.get("/console/signs/patrol?why=reported")).text
    assert "有人说牌子有问题 1" in page_of(desk.get("/console/signs/")).text
    page = page_of(desk.get(f"/console/signs/at/{sign.number}")).text
    assert "「快掉了」" in page
    do(session, sign.plate_id, "check")
    assert "「快掉了」" not in page_of(desk.get(f"/console/signs/at/{sign.number}")).text
    assert sign.number not in page_of(desk.get("/console/signs/patrol?why=reported")).text
    submit(desk, plate_form(desk, sign), trouble="moved")
    assert told(session) == [("moved", 1, "快掉了"), ("moved", 1, None)]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"trouble": ""}, 422),
        ({"trouble": "sung"}, 422),
        ({"trouble": "damaged", "request_key": "x"}, 422),
        ({"trouble": "damaged", "remark": "长" * 5000}, 303),
        ({"trouble": "damaged", "remark": "\x00\x07"}, 303),
    ],
)
def test_garbage_about_a_plate_breaks_nothing(
    client: FlaskClient, session: Session, sign: Planted, changed: dict[str, str], status: int
) -> None:
    assert submit(client, plate_form(client, sign), **changed).status_code == status
    assert len(told(session)) == (1 if status == 303 else 0)
    for _, _, remark in told(session):
        assert remark is None or len(remark) == 200


def test_who_says_it_from_another_site_or_without_end_is_not_heard(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    form = plate_form(client, sign)
    fields = {**form.fields, "trouble": "damaged"}
    foreign = client.post(form.action, data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    statuses = {submit(client, form, trouble="damaged").status_code for _ in range(40)}
    assert statuses == {303, 429}
    assert told(session) == [("damaged", 1, None)]


def test_a_retired_or_unknown_sign_has_no_plate_to_complain_of(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    do(session, sign.plate_id, "retire")
    assert client.get(f"/s/{sign.code}/plate").location == f"/s/{sign.code}"
    assert client.get("/s/WRONGCODE/plate").status_code == 404


# -- a photo of the place ------------------------------------------------------------------


def photo_form(desk: FlaskClient, sign: Planted) -> Form:
    page = page_of(desk.get(f"/console/signs/at/{sign.number}"))
    return next(form for form in page.forms if form.action.endswith("/photo"))


def test_a_photo_of_the_place_is_shown_small_clean_and_after_the_first_view(
    desk: FlaskClient, session: Session, sign: Planted
) -> None:
    sent = Image.new("RGB", (3000, 2000), "green")
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    data = BytesIO()
    sent.save(data, "JPEG", exif=exif)
    data.seek(0)
    assert submit(desk, photo_form(desk, sign), photo=(data, "p.jpg")).status_code == 303

    page = page_of(desk.get(f"/s/{sign.code}"))
    image = next(given for tag, given in page.tags if tag == "img" and "place" in given["src"])
    assert image["loading"] == "lazy"
    answer = desk.get(image["src"])
    shown = Image.open(BytesIO(answer.data))
    assert max(shown.size) <= 480
    assert not shown.getexif()
    assert "public" in answer.headers["Cache-Control"]
    again = desk.get(image["src"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304

    assert submit(desk, photo_form(desk, sign), drop="1").status_code == 303
    assert "place.jpg" not in desk.get(f"/s/{sign.code}").text
    assert desk.get(f"/s/{sign.code}/place.jpg").status_code == 404


@pytest.mark.parametrize("data", [None, b"", b"<svg/>", b"\xff\xd8broken"])
def test_what_is_no_photo_is_not_shown(
    desk: FlaskClient, session: Session, sign: Planted, data: bytes | None
) -> None:
    sent = {} if data is None else {"photo": (BytesIO(data), "p.jpg")}
    answer = submit(desk, photo_form(desk, sign), **sent)
    assert answer.status_code == 422
    assert page_of(answer).alerts
    assert queries.site_file(session, sign.number).photo_key is None


def test_a_photo_is_no_history_and_an_undo_goes_on(session: Session, sign: Planted) -> None:
    service.set_photo(session, sign.site_id, factories.a_picture().jpeg)
    session.commit()
    assert len(queries.site_file(session, sign.number).changes) == 1


# -- copied signs --------------------------------------------------------------------------


def test_reports_from_elsewhere_are_listed_until_somebody_has_looked(
    desk: FlaskClient, session: Session, sign: Planted
) -> None:
    service.note_far_report(session, code=sign.code, report_no="JB1", distance_m=900)
    session.commit()
    page = page_of(desk.get(f"/console/signs/at/{sign.number}"))
    form = next(form for form in page.forms if form.action.endswith("/far"))
    submit(desk, form)
    assert "已核实" in page_of(desk.get(f"/console/signs/at/{sign.number}")).text
    assert sign.number not in page_of(desk.get("/console/signs/?upkeep=far")).text
    service.note_far_report(session, code=sign.code, report_no="JB2", distance_m=900)
    session.commit()
    assert sign.number in page_of(desk.get("/console/signs/?upkeep=far")).text


# -- search --------------------------------------------------------------------------------


def test_a_search_goes_through_the_index_of_letters(session: Session) -> None:
    a_sign(session, "鸿恩寺公园南门", number="HE-1")
    a_sign(session, "恩鸿路口", number="HE-2")
    for searched, found in (
        ("鸿恩", ["HE-1"]),
        ("恩", ["HE-1", "HE-2"]),
        ("he-", ["HE-1", "HE-2"]),
        ("e-2", []),
        ("公园路口", []),
        ("%", []),
    ):
        rows = queries.register(session, search=searched).items
        assert [row.number for row in rows] == found, searched
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.scalars(
        text("EXPLAIN SELECT id FROM qr_sites WHERE grams @> qr_grams('鸿恩')")
    ).all()
    assert any("ix_qr_sites_grams" in line for line in plan)


# -- check files ---------------------------------------------------------------------------


def check_form(desk: FlaskClient) -> Form:
    page = page_of(desk.get("/console/signs/check-files"))
    return next(form for form in page.forms if form.action.endswith("files"))


def test_a_check_file_is_served_to_the_byte_in_both_places_until_it_is_dropped(
    desk: FlaskClient, session: Session
) -> None:
    name, data = CHECK
    form = check_form(desk)
    for content in (b"old", data):
        assert submit(desk, form, file=(BytesIO(content), name)).status_code == 303
    for address in (f"/s/{name}", f"/{name}"):
        answer = desk.get(address)
        assert (answer.data, answer.mimetype) == (data, "text/plain")
        assert "Set-Cookie" not in answer.headers
    page = page_of(desk.get("/console/signs/check-files"))
    submit(desk, next(form for form in page.forms if form.action.endswith("/drop")))
    assert desk.get(f"/s/{name}").status_code == desk.get(f"/{name}").status_code == 404
    assert session.scalar(text("SELECT count(*) FROM qr_unknown_scans")) == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("", b"x"),
        ("a.html", b"x"),
        ("../a.txt", b"x"),
        ("robots.txt.exe", b"x"),
        ("中文文件.txt", b"x"),
        (CHECK[0], b""),
        (CHECK[0], b"x" * 1025),
        (CHECK[0], b"<script>alert(1)</script>"),
        (CHECK[0], "中文".encode()),
        (CHECK[0], b"\x00\x01"),
    ],
)
def test_what_is_no_check_file_is_not_served(
    desk: FlaskClient, session: Session, name: str, data: bytes
) -> None:
    form = check_form(desk)
    assert submit(desk, form, file=(BytesIO(data), name)).status_code == 422
    assert session.scalar(text("SELECT count(*) FROM qr_check_files")) == 0


def test_there_is_an_end_to_check_files(desk: FlaskClient, session: Session) -> None:
    staff_id = factories.a_member_of_staff(session)
    session.execute(
        text(
            "INSERT INTO qr_check_files (name, content, staff_id)"
            " SELECT 'file' || n || '.txt', 'x', :staff FROM generate_series(1, :most) AS n"
        ),
        {"most": MOST_CHECK_FILES, "staff": staff_id},
    )
    session.commit()
    form = check_form(desk)
    assert submit(desk, form, file=(BytesIO(b"x"), CHECK[0])).status_code == 409
    assert submit(desk, form, file=(BytesIO(b"y"), "file7.txt")).status_code == 303
