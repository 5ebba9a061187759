"""What is added to a report after it was sent, and recordings."""

import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import accounts
import cases
from cases import additions, recordings
from cases.models import Addition, Case, Recording

pytestmark = pytest.mark.usefixtures("sessions")


@pytest.fixture
def citizen(session: Session) -> int:
    return accounts.citizen_for(session, "o-added")


@pytest.fixture
def number(session: Session, citizen: int) -> str:
    return cases.report(
        session,
        request_key="first",
        prefix="JB",
        source="wechat",
        citizen_id=citizen,
        text="路灯不亮",
        place_label="观音桥",
    ).report_no


def test_words_are_added_once_and_shown_to_the_desk(
    session: Session, citizen: int, number: str
) -> None:
    for _ in range(3):
        assert cases.add_to_report(
            session, citizen_id=citizen, report_no=number, request_key="m:1", note=" 还有一盏\x00 "
        )
    case = session.scalars(select(Case)).one()
    assert [row.text for row in cases.case_file(session, case.id).additions] == ["还有一盏"]


def test_nobody_adds_to_the_report_of_another(session: Session, number: str) -> None:
    other = accounts.citizen_for(session, "o-other")
    with pytest.raises(cases.CaseNotFound):
        cases.add_to_report(
            session, citizen_id=other, report_no=number, request_key="k", note="不是我的"
        )


@pytest.mark.parametrize("number", ["", "JB", "'; DROP", "JB000000-0000000", "x" * 5000])
def test_no_number_of_a_report_adds_nothing(session: Session, citizen: int, number: str) -> None:
    with pytest.raises(cases.CaseNotFound):
        cases.add_to_report(
            session, citizen_id=citizen, report_no=number, request_key="k", note="好"
        )


def test_a_class_is_taken_where_there_was_none_and_never_replaced(
    session: Session, citizen: int, number: str
) -> None:
    for code in ("C0137", "C0139"):
        cases.add_to_report(
            session, citizen_id=citizen, report_no=number, request_key=code, class_code=code
        )
    assert session.scalars(select(Case.class_code)).one() == "C0137"


def test_too_much_is_refused(session: Session, citizen: int, number: str) -> None:
    for count in range(additions.MOST_NOTES):
        cases.add_to_report(
            session, citizen_id=citizen, report_no=number, request_key=f"m:{count}", note="又"
        )
    with pytest.raises(cases.TooMuchAdded):
        cases.add_to_report(
            session, citizen_id=citizen, report_no=number, request_key="m:last", note="又"
        )
    with pytest.raises(cases.TextTooLong):
        cases.add_to_report(
            session, citizen_id=citizen, report_no=number, request_key="m:long", note="长" * 2001
        )


def test_a_refused_case_takes_no_more(session: Session, citizen: int, number: str) -> None:
    case = session.scalars(select(Case)).one()
    staff_id = accounts.create_staff(
        session,
        username="zhou",
        name="周",
        role=accounts.Role.ACCEPTOR,
        password="a long password 1",
    )
    cases.move(
        session,
        case_id=case.id,
        name="refuse",
        staff_id=staff_id,
        request_key="r",
        seen_version=1,
        note="不属于受理范围",
    )
    assert not cases.add_to_report(
        session, citizen_id=citizen, report_no=number, request_key="k", note="还有"
    )
    assert session.scalar(select(func.count()).select_from(Addition)) == 0


def test_an_addition_is_never_changed(session: Session, citizen: int, number: str) -> None:
    cases.add_to_report(session, citizen_id=citizen, report_no=number, request_key="k", note="还有")
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(sql("UPDATE cases_additions SET text = '没有'"))


# Recordings.

AMR, MP4 = b"#!AMR\n" + bytes(40), b"\x00\x00\x00\x18ftypmp42" + bytes(40)


def received(session: Session, citizen: int, kind: recordings.Kind = "voice") -> int:
    return cases.receive_recording(session, citizen_id=citizen, origin="wechat:m:9", kind=kind)


def test_a_recording_sent_twice_is_one(session: Session, citizen: int) -> None:
    assert received(session, citizen) == received(session, citizen)


@pytest.mark.parametrize(("kind", "data"), [("voice", AMR), ("video", MP4)])
def test_a_recording_is_stored_and_belongs_to_the_report(
    session: Session, citizen: int, kind: recordings.Kind, data: bytes
) -> None:
    recording = received(session, citizen, kind)
    made = cases.report(
        session,
        request_key="voice",
        prefix="JB",
        source="wechat",
        citizen_id=citizen,
        place_label="观音桥",
        recording_ids=[recording],
    )
    assert cases.store_recording(session, recording_id=recording, data=data)
    assert [row.state for row in cases.case_file(session, made.case_id).recordings] == ["stored"]
    assert cases.recording_blob(session, recording)


@pytest.mark.parametrize("data", [b"", b"{}", b"<html>", MP4, b"\xff", b"MZ" + bytes(100)])
def test_what_is_no_voice_is_refused(session: Session, citizen: int, data: bytes) -> None:
    recording = received(session, citizen)
    assert not cases.store_recording(session, recording_id=recording, data=data)
    assert session.scalars(select(Recording.state)).one() == "refused"
    with pytest.raises(cases.CaseNotFound):
        cases.recording_blob(session, recording)


def test_a_recording_of_another_is_left_where_it_is(session: Session, citizen: int) -> None:
    other = accounts.citizen_for(session, "o-other")
    recording = received(session, other)
    with pytest.raises(cases.EmptyReport):
        cases.report(
            session,
            request_key="stolen",
            prefix="JB",
            source="wechat",
            citizen_id=citizen,
            place_label="观音桥",
            recording_ids=[recording],
        )
