"""Reports and their photos, on real PostgreSQL."""

import math
import secrets

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import cases
from cases.models import Case, Photo
from cases.rules import LONGEST_TEXT, Status, tidy_report_number
from geo.cells import cell
from kernel import blobs, clock
from kernel.errors import Refusal
from tests.cases.witness import everything, listen
from tests.factories import (
    PREFIX,
    a_case,
    a_citizen,
    a_photo,
    a_picture,
    a_report,
    key,
)


@pytest.fixture
def told(session: Session) -> list[object]:
    return listen()


# -- reporting ------------------------------------------------------------------------------


def test_a_report_becomes_a_case_with_a_number_and_a_key(session: Session) -> None:
    citizen = a_citizen(session)

    made = a_report(session, citizen_id=citizen)

    case = session.get_one(Case, made.case_id)
    assert tidy_report_number(made.report_no) == made.report_no
    assert made.report_no.startswith(f"{PREFIX}{clock.city_day(clock.now()):%y%m%d}-")
    assert (case.status, case.version, case.citizen_id) == ("reported", 1, citizen)
    assert (case.latitude, case.longitude) == (29.5745, 106.53)
    assert case.cell == cell(29.5745, 106.53)
    assert len(made.access_key) >= 16
    assert made.access_key not in made.report_no


def test_two_reports_have_two_numbers_and_two_keys(session: Session) -> None:
    made = [a_report(session) for _ in range(20)]

    assert len({each.report_no for each in made}) == 20
    assert len({each.access_key for each in made}) == 20


def test_a_repeated_request_gets_the_first_answer(session: Session, told: list[object]) -> None:
    citizen, same = a_citizen(session), key()
    first = a_report(session, citizen_id=citizen, request_key=same)
    before = everything(session)

    again = a_report(session, citizen_id=citizen, request_key=same, text="别的话")

    assert again == first
    assert everything(session) == before
    assert len(told) == 1


def test_a_repeated_request_gets_its_answer_though_its_photos_are_taken_by_now(
    session: Session,
) -> None:
    citizen, same = a_citizen(session), key()
    photo = a_photo(session, citizen)
    sent = {"citizen_id": citizen, "request_key": same, "text": None, "photo_ids": (photo,)}

    assert a_report(session, **sent) == a_report(session, **sent)  # type: ignore[arg-type]  # keywords by name


def test_a_number_that_is_taken_is_not_given_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(secrets, "randbelow", lambda _limit: next(drawn))

    first, second = a_report(session), a_report(session)

    assert first.report_no != second.report_no
    assert "-000007" in first.report_no
    assert "-000008" in second.report_no


def test_when_no_number_is_free_one_hears_of_it_and_nothing_is_half_done(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda _limit: 7)
    a_report(session)
    before = everything(session)

    with pytest.raises(RuntimeError, match="number"):
        a_report(session)

    assert everything(session) == before


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"latitude": None, "longitude": None}, (None, None, "建新东路3号附近")),
        ({"place_label": None}, (29.5745, 106.53, None)),
        ({"latitude": 29.5}, (29.5, 106.53, "建新东路3号附近")),
        ({"longitude": None}, (None, None, "建新东路3号附近")),
        ({"latitude": math.nan}, (None, None, "建新东路3号附近")),
        ({"latitude": math.inf}, (None, None, "建新东路3号附近")),
        ({"latitude": 106.53, "longitude": 29.5745}, (None, None, "建新东路3号附近")),
        ({"longitude": 180.0}, (None, None, "建新东路3号附近")),
        ({"longitude": -1e308}, (None, None, "建新东路3号附近")),
        ({"latitude": 0.0, "longitude": 0.0}, (0.0, 0.0, "建新东路3号附近")),
        ({"latitude": -90.0, "longitude": -180.0}, (-90.0, -180.0, "建新东路3号附近")),
        ({"place_label": "街" * 500}, (29.5745, 106.53, "街" * 200)),
        ({"place_label": " \0 "}, (29.5745, 106.53, None)),
    ],
)
def test_a_place_is_kept_as_far_as_it_is_one(
    session: Session, given: dict[str, float], place: tuple[object, ...]
) -> None:
    made = a_report(session, **given)  # type: ignore[arg-type]  # keywords by name

    case = session.get_one(Case, made.case_id, populate_existing=True)
    assert (case.latitude, case.longitude, case.place_label) == place
    assert (case.cell is None) == (place[0] is None)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  路灯不亮 \n", "路灯不亮"),
        ("路灯\0不亮", "路灯不亮"),
        ("路灯\ud83d不亮", "路灯不亮"),
        ("第一行\n第二行", "第一行\n第二行"),
        ("💡" * LONGEST_TEXT, "💡" * LONGEST_TEXT),
        ("'; DROP TABLE cases_cases; --", "'; DROP TABLE cases_cases; --"),
        ("<script>alert(1)</script>%s {0}", "<script>alert(1)</script>%s {0}"),
        (" " * 5000 + "路灯" + "\0" * 5000, "路灯"),
    ],
)
def test_words_are_kept_as_they_were_written(session: Session, written: str, kept: str) -> None:
    made = a_report(session, text=written)

    assert session.get_one(Case, made.case_id, populate_existing=True).text == kept


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"text": "路" * 3000}, cases.TextTooLong),
        ({"text": "路" * (LONGEST_TEXT + 1)}, cases.TextTooLong),
        ({"text": None}, cases.EmptyReport),
        ({"text": ""}, cases.EmptyReport),
        ({"text": " \n\t"}, cases.EmptyReport),
        ({"text": "\0\0"}, cases.EmptyReport),
        ({"text": "\ud800"}, cases.EmptyReport),
        ({"text": None, "photo_ids": (10**9, -1, 0)}, cases.EmptyReport),
        ({"latitude": None, "place_label": None}, cases.EmptyReport),
        ({"latitude": math.nan, "place_label": None}, cases.EmptyReport),
        ({"latitude": 91.0, "place_label": ""}, cases.EmptyReport),
    ],
)
def test_a_report_that_says_too_little_or_too_much_is_refused(
    session: Session, told: list[object], given: dict[str, float], refusal: type[Refusal]
) -> None:
    citizen, before = a_citizen(session), everything(session)

    with pytest.raises(refusal):
        a_report(session, citizen_id=citizen, **given)  # type: ignore[arg-type]  # keywords by name

    assert everything(session) == before
    assert told == []


def photos_of(session: Session, case_id: int) -> list[int]:
    return [photo.id for photo in cases.case_file(session, case_id).photos]


def test_photos_go_with_the_report_whether_or_not_their_bytes_have_come(session: Session) -> None:
    citizen = a_citizen(session)
    come, waiting = a_photo(session, citizen), a_photo(session, citizen, is_stored=False)

    made = a_report(session, citizen_id=citizen, text=None, photo_ids=(come, waiting))

    assert photos_of(session, made.case_id) == [come, waiting]


def test_nobody_elses_photo_goes_with_a_report(session: Session) -> None:
    citizen, stranger = a_citizen(session), a_citizen(session)
    mine, theirs = a_photo(session, citizen), a_photo(session, stranger)

    made = a_report(session, citizen_id=citizen, photo_ids=(theirs, mine, 10**9, -5, 2**63 - 1))

    assert photos_of(session, made.case_id) == [mine]
    with pytest.raises(cases.EmptyReport):
        a_report(session, citizen_id=citizen, text=None, photo_ids=(theirs,))
    assert session.get_one(Photo, theirs).case_id is None


def test_a_photo_stays_with_the_report_it_came_with(session: Session) -> None:
    citizen = a_citizen(session)
    photo = a_photo(session, citizen)
    first = a_report(session, citizen_id=citizen, photo_ids=(photo,))

    second = a_report(session, citizen_id=citizen, photo_ids=(photo,))

    assert photos_of(session, first.case_id) == [photo]
    assert photos_of(session, second.case_id) == []


def test_a_disposal_photo_cannot_be_taken_by_a_report_without_a_citizen(session: Session) -> None:
    case_id = a_case(session, Status.DISPOSED).case_id
    (disposal,) = photos_of(session, case_id)

    with pytest.raises(cases.EmptyReport):
        cases.report(
            session,
            request_key=key(),
            prefix=PREFIX,
            source="wechat",
            citizen_id=None,
            place_label="观音桥",
            photo_ids=(disposal,),
        )


def test_a_report_is_told_once_with_its_fields(session: Session, told: list[object]) -> None:
    citizen = a_citizen(session)

    made = a_report(session, citizen_id=citizen)

    assert told == [
        cases.CaseReported(
            case_id=made.case_id,
            seq=1,
            report_no=made.report_no,
            access_key=made.access_key,
            citizen_id=citizen,
            body_name=None,
            note=None,
        )
    ]


# -- photos ---------------------------------------------------------------------------------


def test_the_same_sending_twice_is_one_photo(session: Session) -> None:
    citizen, origin = a_citizen(session), key()

    first, again = (
        cases.receive_photo(session, citizen_id=citizen, origin=origin) for _ in range(2)
    )

    assert first == again
    assert session.get_one(Photo, first).state == "pending"


def test_a_photo_gets_its_bytes_once(session: Session) -> None:
    photo = a_photo(session, a_citizen(session), is_stored=False)

    cases.store_photo(session, photo_id=photo, picture=a_picture())
    cases.store_photo(session, photo_id=photo, picture=a_picture(80))

    row = session.get_one(Photo, photo, populate_existing=True)
    assert (row.state, row.width, row.height) == ("stored", 64, 48)
    assert blobs.store().get(row.blob_key or "") == a_picture().jpeg
    assert blobs.store().get(row.thumb_key or "") == a_picture().thumb
    assert row.sha256 == a_picture().sha256


@pytest.mark.parametrize("state", ["refused", "lost"])
def test_a_photo_that_is_given_up_is_told_once(
    session: Session, told: list[object], state: str
) -> None:
    citizen = a_citizen(session)
    photo = a_photo(session, citizen, is_stored=False)
    made = a_report(session, citizen_id=citizen, photo_ids=(photo,))
    told.clear()

    for _ in range(2):
        cases.give_up_photo(session, photo_id=photo, state=state)

    assert told == [cases.PhotoUnusable(photo, citizen, made.report_no)]
    assert session.get_one(Photo, photo, populate_existing=True).state == state


def test_a_photo_of_no_report_yet_is_given_up_too(session: Session, told: list[object]) -> None:
    citizen = a_citizen(session)
    photo = a_photo(session, citizen, is_stored=False)

    cases.give_up_photo(session, photo_id=photo, state="lost")

    assert told == [cases.PhotoUnusable(photo, citizen, None)]


def test_a_stored_photo_is_not_given_up(session: Session, told: list[object]) -> None:
    photo = a_photo(session, a_citizen(session))

    cases.give_up_photo(session, photo_id=photo, state="lost")

    assert told == []
    assert session.get_one(Photo, photo, populate_existing=True).state == "stored"


def test_a_photo_that_was_given_up_gets_no_bytes(session: Session) -> None:
    photo = a_photo(session, a_citizen(session), is_stored=False)
    cases.give_up_photo(session, photo_id=photo, state="lost")

    cases.store_photo(session, photo_id=photo, picture=a_picture())

    assert session.get_one(Photo, photo, populate_existing=True).state == "lost"


def test_a_photo_that_does_not_exist_is_no_fault(session: Session, told: list[object]) -> None:
    cases.store_photo(session, photo_id=10**9, picture=a_picture())
    cases.give_up_photo(session, photo_id=10**9, state="lost")

    assert told == []
    assert session.scalar(select(func.count()).select_from(Photo)) == 0
