"""The whole way round, over the real protocols: phone, platform, door, desk, and back."""

import itertools
import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
import requests
from PIL import Image

from tests.journeys.town import Operator, Town, jpeg, until
from tests.phones import Phone

NUMBER = re.compile(r"[A-Z]{2}\d{6}-\d{7}")
SQUARE = (29.572551, 106.536602)  # GCJ-02, as a phone sends it
TEXT = "人行道地砖松了一大片，容易绊倒"
_corners = itertools.count(1)


def corner() -> tuple[float, float]:
    """Return a place that nobody reported at yet: who reports the same is asked about that first."""
    return SQUARE[0], SQUARE[1] + 0.003 * next(_corners)


def number_in(text: str) -> str:
    found = NUMBER.search(text)
    assert found, text
    return found[0]


def reports(phone: Phone, *, photo: bytes, text: str = TEXT) -> str:
    phone.sends_photo(photo).sends_place(*corner(), "观音桥步行街").says(text).says("1")
    return number_in(phone.waits_for("报上去了").text)


def link_of(phone: Phone, number: str) -> str:
    return next(link for link in phone.links() if number in link)


def test_a_photo_becomes_a_closed_case_and_the_resident_hears_of_every_step(town: Town):
    phone = Phone.follow(town.sim_url)
    photo = jpeg("firebrick")
    number = reports(phone, photo=photo)
    assert phone.delivery.verdict == "shown"
    desk = Operator(town)
    case = desk.case_of(number)
    page = desk.page(case)
    assert TEXT in page
    assert "观音桥步行街" in page
    until(lambda: bool(desk.photos(case)), "the photo to be fetched and shown")
    shown = desk.fetch(desk.photos(case)[0])
    assert shown.headers["Content-Type"] == "image/jpeg"
    with Image.open(BytesIO(shown.content)) as picture:
        assert picture.format == "JPEG"

    desk.moves(case, "file")
    assert "立案" in phone.waits_for(number).text
    assert "奖励 10 分" in phone.waits_for(number).text
    desk.moves(case, "dispatch", body_id=desk.body_named(case, "观音桥街道"))
    assert "观音桥街道" in phone.waits_for(number).text
    desk.moves(case, "dispose", note="地砖已重新铺好", files=[jpeg("seagreen")])
    assert "地砖已重新铺好" in phone.waits_for(number).text
    desk.moves(case, "close", files=[jpeg("seagreen")])
    assert "办结" in phone.waits_for(number).text

    mine = requests.get(link_of(phone, number), timeout=10).text
    for told in ("已办结", "观音桥街道", "地砖已重新铺好", TEXT):
        assert told in mine
    bare = requests.get(f"{town.url}/reports/{number}", timeout=10).text
    assert "已办结" in bare
    assert TEXT not in bare
    assert "地砖已重新铺好" not in bare

    phone.says("进度")
    assert "已办结" in phone.waits_for(number).text


@pytest.mark.parametrize("order", list(itertools.permutations(["photo", "place", "text"])))
def test_photo_place_and_sentence_may_come_in_any_order(town: Town, order: tuple[str, ...]):
    phone = Phone.follow(town.sim_url)
    for part in order:
        if part == "photo":
            phone.sends_photo(jpeg())
        elif part == "place":
            phone.sends_place(*corner(), "观音桥步行街")
        else:
            phone.says(TEXT)
    assert "回复 1 提交" in phone.heard()[-1].text
    phone.says("1")
    assert NUMBER.search(phone.waits_for("报上去了").text)


@pytest.mark.parametrize(
    "lines",
    [
        ("photo", "place", "没有", "1"),
        ("建新东路路灯不亮", "建新东路36号门口", "没有照片", "1"),
        ("place", "井盖坏了", "1", "1"),
    ],
)
def test_only_some_of_them_are_enough(town: Town, lines: tuple[str, ...]):
    phone = Phone.follow(town.sim_url)
    for line in lines:
        if line == "photo":
            phone.sends_photo(jpeg())
        elif line == "place":
            phone.sends_place(*corner())
        else:
            phone.says(line)
    assert NUMBER.search(phone.waits_for("报上去了").text)


def test_a_photo_loses_its_metadata_and_keeps_its_right_side_up(town: Town):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SECRET-CAMERA"
    buffer = BytesIO()
    Image.new("RGB", (400, 200), "olive").save(buffer, "JPEG", exif=exif)
    phone = Phone.follow(town.sim_url)
    number = reports(phone, photo=buffer.getvalue())
    desk = Operator(town)
    case = desk.case_of(number)
    until(lambda: bool(desk.photos(case)), "the photo to be fetched and shown")
    stored = desk.fetch(desk.photos(case)[0].split("?")[0]).content
    assert b"SECRET-CAMERA" not in stored
    with Image.open(BytesIO(stored)) as picture:
        assert picture.size == (200, 400)
        assert not picture.getexif()


def test_what_is_no_picture_is_refused_kindly_and_the_report_stands(town: Town):
    phone = Phone.follow(town.sim_url)
    phone.sends_photo(b"GIF89a and then nothing of a picture", unchecked=True)
    phone.sends_place(*corner(), "观音桥步行街").says(TEXT).says("1")
    number = number_in(phone.waits_for("报上去了").text)
    phone.waits_for("照片")
    assert "不是能打开的照片" in (desk := Operator(town)).page(desk.case_of(number))


def test_the_menu_is_there_and_its_buttons_answer(town: Town):
    phone = Phone.follow(town.sim_url)
    for key in ("REPORT", "PROGRESS", "HELP"):
        phone.taps(key)
        assert phone.delivery.verdict == "shown"


def test_a_photo_of_somebody_else_cannot_be_opened(town: Town):
    phone = Phone.follow(town.sim_url)
    number = reports(phone, photo=jpeg("purple"))
    desk = Operator(town)
    case = desk.case_of(number)
    until(lambda: bool(desk.photos(case)), "the photo to be fetched and shown")
    photo = desk.photos(case)[0]
    assert "sign-in" in requests.get(f"{town.url}{photo}", timeout=10).url
    photo_id = re.search(r"/photos/(\d+)", photo)
    assert photo_id
    key = link_of(phone, number).partition("?k=")[2]
    path = f"{town.url}/reports/{number}/photos/{photo_id[1]}"
    assert requests.get(path, timeout=10).status_code == 404
    assert requests.get(f"{path}?k=wrong", timeout=10).status_code == 404
    assert requests.get(f"{path}?k={key}", timeout=10).status_code == 200


@pytest.fixture
def three_days_later(town: Town) -> Iterator[Callable[[], None]]:
    def turn_clock(offset_s: int) -> None:
        requests.post(
            f"{town.sim_url}/__sim__/clock",
            json={"offset_s": offset_s},
            headers={"X-Simulator": "1"},
            timeout=10,
        ).raise_for_status()

    yield lambda: turn_clock(3 * 86_400)
    turn_clock(0)


def test_after_the_window_has_closed_the_news_comes_by_template(
    town: Town, three_days_later: Callable[[], None]
):
    phone = Phone.follow(town.sim_url)
    number = reports(phone, photo=jpeg())
    desk = Operator(town)
    case = desk.case_of(number)
    three_days_later()
    desk.moves(case, "file")
    card = phone.waits_for("已立案")
    assert card.via == "template"
    assert number in card.text


def test_the_log_holds_no_secret_and_no_words_of_residents(town: Town):
    phone = Phone.follow(town.sim_url)
    reports(phone, photo=jpeg(), text="我家住在五里店某某号的秘密")
    given = town.settings()
    log = (town.data_dir / "log" / "service.log").read_text(encoding="utf-8")
    for name in ("APP_SECRET", "TOKEN", "AES_KEY"):
        assert given[f"BAIXING_WECHAT_{name}"] not in log
    assert given["BAIXING_SECRET_KEY"] not in log
    assert "某某号的秘密" not in log
