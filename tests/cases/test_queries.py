"""Reads of cases: what each may show, to whom, and in which order."""

from dataclasses import asdict

import pytest
from sqlalchemy.orm import Session

import cases
from cases import queries
from cases.models import Photo
from cases.rules import OPEN, Status
from tests.factories import (
    a_body,
    a_case,
    a_citizen,
    a_member_of_staff,
    a_photo,
    a_picture,
    a_report,
    move_on,
)

# -- the list -------------------------------------------------------------------------------


def numbers(page: cases.Page) -> list[str]:
    return [row.report_no for row in page.items]


def test_the_list_shows_the_newest_first(session: Session) -> None:
    made = [a_report(session).report_no for _ in range(3)]

    assert numbers(cases.worklist(session, status=None, search=None, before_id=None)) == made[::-1]


def test_pages_follow_each_other_without_gap_or_repetition(session: Session) -> None:
    made = [a_report(session).report_no for _ in range(7)]
    seen: list[str] = []
    before_id, lengths = None, []
    while True:
        page = cases.worklist(session, before_id=before_id, limit=3)
        seen += numbers(page)
        lengths.append(len(page.items))
        before_id = page.next_before_id
        if before_id is None:
            break
        a_report(session)  # what comes in meanwhile does not move the pages

    assert seen == made[::-1]
    assert lengths == [3, 3, 1]


def test_a_list_that_just_fits_has_no_next_page(session: Session) -> None:
    for _ in range(3):
        a_report(session)

    assert cases.worklist(session, limit=3).next_before_id is None
    assert cases.worklist(session, limit=2).next_before_id is not None


def test_an_empty_list_is_an_empty_page(session: Session) -> None:
    assert cases.worklist(session) == cases.Page(items=(), next_before_id=None)


def test_the_list_may_be_of_one_status(session: Session) -> None:
    filed = a_case(session, Status.FILED).report_no
    a_case(session, Status.CLOSED)
    a_report(session)

    assert numbers(cases.worklist(session, status=Status.FILED)) == [filed]


def test_a_row_says_what_the_list_shows(session: Session) -> None:
    citizen = a_citizen(session)
    pending, stored = a_photo(session, citizen, is_stored=False), a_photo(session, citizen)
    made = a_report(session, citizen_id=citizen, photo_ids=(pending, stored))
    body = a_body(session, "华新街街道")
    move_on(session, made.case_id, "file")
    move_on(session, made.case_id, "dispatch", body_id=body)
    move_on(session, made.case_id, "dispose")

    (row,) = cases.worklist(session).items

    assert (row.id, row.report_no, row.status) == (made.case_id, made.report_no, Status.DISPOSED)
    assert (row.body_name, row.is_located, row.is_urgent) == ("华新街街道", True, False)
    # Of the photos those of the report, and of these the first that can be shown.
    assert (row.photo_count, row.thumb_photo_id) == (2, stored)
    assert row.reported_at <= row.updated_at


def test_a_row_without_photos_or_coordinates_says_so(session: Session) -> None:
    a_report(session, latitude=None, longitude=None)

    (row,) = cases.worklist(session).items

    assert (row.photo_count, row.thumb_photo_id, row.is_located) == (0, None, False)


# -- the search -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("路灯", {"一"}),
        (" 路灯 ", {"一"}),
        ("建新", {"一", "二", "三", "四", "五"}),
        ("100%", {"二"}),
        ("%", {"二"}),
        ("a_b", {"三"}),
        ("_", {"三"}),
        ("\\", {"四"}),
        ("c\\d", {"四"}),
        ("A_B", {"三"}),
        ("light", {"五"}),
        ("'", set()),
        ("没有的词", set()),
        ("   ", {"一", "二", "三", "四", "五"}),
        ("", {"一", "二", "三", "四", "五"}),
        ("路" * 10_000, set()),
    ],
)
def test_words_are_found_as_they_are_typed(session: Session, search: str, found: set[str]) -> None:
    for word in ("一 路灯不亮", "二 涨了100%", "三 a_b", "四 c\\d", "五 LIGHT"):
        a_report(session, text=word)
    a_report(session, text="百 分 axb cd", place_label="别处")

    rows = cases.worklist(session, search=search).items

    expected = found if search.strip() else {*found, "百"}
    assert {(row.text or "")[0] for row in rows} == expected


def test_a_case_is_found_by_its_number_in_any_form_and_by_a_part_of_it(session: Session) -> None:
    number = a_report(session).report_no
    a_report(session)

    for typed in (number, number.lower(), number.replace("-", ""), f" {number} "):
        assert numbers(cases.worklist(session, search=typed)) == [number]
    assert number in numbers(cases.worklist(session, search=number[9:14]))


def test_a_search_goes_together_with_status_and_page(session: Session) -> None:
    first = a_report(session, text="路灯不亮")
    second = a_case(session, Status.FILED)
    third = a_report(session, text="路灯歪了")

    found = cases.worklist(session, search="路灯", status=Status.REPORTED, limit=1)
    assert numbers(found) == [third.report_no]
    following = cases.worklist(
        session, search="路灯", status=Status.REPORTED, before_id=found.next_before_id
    )
    assert numbers(following) == [first.report_no]
    assert numbers(cases.worklist(session, search=second.report_no, status=Status.CLOSED)) == []


def test_words_are_searched_in_the_newest_cases_only(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SEARCH_DEPTH", 2)
    old = a_report(session, text="路灯不亮")
    new = [a_report(session, text="路灯不亮").report_no for _ in range(2)]

    assert numbers(cases.worklist(session, search="路灯")) == new[::-1]
    # By its number an old one is found too.
    assert numbers(cases.worklist(session, search=old.report_no)) == [old.report_no]


# -- counts and the file --------------------------------------------------------------------


def test_open_cases_are_counted_by_status(session: Session) -> None:
    for status in (Status.REPORTED, Status.REPORTED, Status.DISPOSED, Status.CLOSED):
        a_case(session, status)

    counts = cases.counts_by_status(session)
    assert set(counts) == set(OPEN)
    assert {status: n for status, n in counts.items() if n} == {
        Status.REPORTED: 2,
        Status.DISPOSED: 1,
    }


def test_with_no_case_every_count_is_nought(session: Session) -> None:
    assert cases.counts_by_status(session) == dict.fromkeys(OPEN, 0)


def test_the_file_holds_the_whole_history(session: Session) -> None:
    citizen = a_citizen(session)
    photo = a_photo(session, citizen)
    made = a_report(session, citizen_id=citizen, photo_ids=(photo,))
    staff, body = a_member_of_staff(session, name="李娜"), a_body(session, "华新街街道")
    for name in ("file", "dispatch", "dispose", "close"):
        move_on(session, made.case_id, name, staff_id=staff, body_id=body)

    file = cases.case_file(session, made.case_id)

    assert [(row.seq, row.name, row.to_status) for row in file.moves] == [
        (1, "report", Status.REPORTED),
        (2, "file", Status.FILED),
        (3, "dispatch", Status.DISPATCHED),
        (4, "dispose", Status.DISPOSED),
        (5, "close", Status.CLOSED),
    ]
    assert [row.from_status for row in file.moves][:2] == [None, Status.REPORTED]
    assert [row.actor_name for row in file.moves] == [None, *["李娜"] * 4]
    assert [row.body_name for row in file.moves] == [None, None, "华新街街道", None, None]
    assert file.moves[0].photo_ids == (photo,)
    assert len(file.moves[3].photo_ids) == 1
    assert (file.latitude, file.longitude) == (29.5745, 106.53)
    assert (file.version, file.body_name) == (5, "华新街街道")
    assert file.allowed == ("revisit", "reopen")


@pytest.mark.parametrize("case_id", [0, -1, 10**9])
def test_a_case_that_does_not_exist_has_no_file(session: Session, case_id: int) -> None:
    with pytest.raises(cases.CaseNotFound):
        cases.case_file(session, case_id)


# -- what the public sees -------------------------------------------------------------------

PRIVATE = ("PRIVATE-TEXT", "PRIVATE-PLACE", "PRIVATE-NOTE")


@pytest.fixture
def private(session: Session) -> cases.Reported:
    """Make a case that is full of what is nobody else's business."""
    citizen = a_citizen(session)
    photo = a_photo(session, citizen)
    made = a_report(
        session,
        citizen_id=citizen,
        text=PRIVATE[0],
        place_label=PRIVATE[1],
        photo_ids=(photo,),
    )
    staff, body = a_member_of_staff(session, name="PRIVATE-STAFF"), a_body(session, "大石坝街道")
    for name in ("file", "dispatch", "dispose"):
        move_on(
            session,
            made.case_id,
            name,
            staff_id=staff,
            body_id=body,
            note=PRIVATE[2],
        )
    return made


@pytest.mark.parametrize("wrong", [None, "", " ", "wrong", "x" * 10_000, "钥匙", "\ud800", "\0"])
def test_without_its_key_a_case_shows_status_and_timeline_only(
    session: Session, private: cases.Reported, wrong: str | None
) -> None:
    shown = cases.public_case(session, private.report_no, wrong)

    assert not shown.is_owner
    assert (shown.text, shown.place_label, shown.photos) == (None, None, ())
    assert [(step.name, step.body_name, step.note) for step in shown.steps] == [
        ("report", None, None),
        ("file", None, None),
        ("dispatch", "大石坝街道", None),
        ("dispose", None, None),
    ]
    words = repr(asdict(shown))
    assert "PRIVATE" not in words
    assert private.access_key not in words
    assert "29.57" not in words


def test_with_its_key_a_case_shows_what_was_reported(
    session: Session, private: cases.Reported
) -> None:
    shown = cases.public_case(session, private.report_no, private.access_key)

    assert shown.is_owner
    assert (shown.text, shown.place_label) == PRIVATE[:2]
    assert [photo.purpose for photo in shown.photos] == ["report", "disposal"]
    assert shown.steps[-1].note == PRIVATE[2]
    assert "PRIVATE-STAFF" not in repr(asdict(shown))  # who did it stays inside
    assert private.access_key not in repr(asdict(shown))


def test_a_key_opens_its_own_case_only(session: Session, private: cases.Reported) -> None:
    other = a_report(session)

    assert not cases.public_case(session, other.report_no, private.access_key).is_owner


@pytest.mark.parametrize(
    "number", ["", "JB261122-4839207", "nonsense", "%", "\0", "JB" + "9" * 5000, "\ud800"]
)
def test_a_number_that_nobody_was_given_shows_nothing(session: Session, number: str) -> None:
    a_report(session)

    with pytest.raises(cases.CaseNotFound):
        cases.public_case(session, number, None)


def test_a_photo_is_given_to_who_holds_the_reports_key(
    session: Session, private: cases.Reported
) -> None:
    photo, disposal = cases.case_file(session, private.case_id).photos

    for each in (photo, disposal):
        full, thumb = (
            cases.public_photo_blob(
                session, private.report_no, each.id, private.access_key, thumb=is_thumb
            )
            for is_thumb in (False, True)
        )
        row = session.get_one(Photo, each.id)
        assert (full, thumb) == (row.blob_key, row.thumb_key)


@pytest.mark.parametrize("is_thumb", [False, True])
def test_a_photo_is_given_to_nobody_else(
    session: Session, private: cases.Reported, *, is_thumb: bool
) -> None:
    photo = cases.case_file(session, private.case_id).photos[0].id
    other = a_report(session)
    asked = [
        (private.report_no, photo, None),
        (private.report_no, photo, ""),
        (private.report_no, photo, "wrong"),
        (private.report_no, photo, other.access_key),
        (other.report_no, photo, other.access_key),  # another's photo through one's own link
        (other.report_no, photo, private.access_key),
        (private.report_no, 10**9, private.access_key),
    ]

    for number, photo_id, key_ in asked:
        with pytest.raises(cases.PhotoNotFound):
            cases.public_photo_blob(session, number, photo_id, key_, thumb=is_thumb)
    with pytest.raises(cases.CaseNotFound):
        cases.public_photo_blob(session, "nonsense", photo, None)


@pytest.mark.parametrize("state", ["pending", "refused", "lost"])
def test_a_photo_without_bytes_is_not_found(session: Session, state: str) -> None:
    photo = a_photo(session, a_citizen(session), is_stored=False)
    if state != "pending":
        cases.give_up_photo(session, photo_id=photo, state=state)

    for is_thumb in (False, True):
        with pytest.raises(cases.PhotoNotFound):
            cases.photo_blob(session, photo, thumb=is_thumb)


def test_the_desk_gets_any_stored_photo(session: Session) -> None:
    photo = a_photo(session, a_citizen(session))
    row = session.get_one(Photo, photo)

    assert cases.photo_blob(session, photo) == row.blob_key
    assert cases.photo_blob(session, photo, thumb=True) == row.thumb_key
    assert a_picture().sha256 == row.sha256


# -- progress -------------------------------------------------------------------------------


def test_a_resident_sees_his_newest_reports_and_nobody_elses(session: Session) -> None:
    citizen = a_citizen(session)
    mine = [a_report(session, citizen_id=citizen) for _ in range(4)]
    a_report(session)

    shown = cases.progress(session, citizen)

    assert [row.report_no for row in shown] == [each.report_no for each in mine[:0:-1]]
    assert shown[0].access_key == mine[-1].access_key
    assert len(cases.progress(session, citizen, limit=9)) == 4
    assert cases.progress(session, 10**9) == ()


def test_a_number_shows_progress_to_its_own_resident_only(session: Session) -> None:
    citizen, stranger = a_citizen(session), a_citizen(session)
    made = a_report(session, citizen_id=citizen)

    for typed in (made.report_no, made.report_no.lower().replace("-", " ")):
        shown = cases.progress_of(session, citizen, typed)
        assert shown is not None
        assert (shown.report_no, shown.status) == (made.report_no, Status.REPORTED)
        assert cases.progress_of(session, stranger, typed) is None
    assert cases.progress_of(session, citizen, "nonsense") is None
