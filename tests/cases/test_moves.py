"""Moves of cases: every legal one, every refusal, and requests that come twice."""

from itertools import product

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import cases
from cases.events import OF_MOVE
from cases.models import Case, CaseMove
from cases.rules import LONGEST_NOTE
from cases.workflow import MOVES, STEPS, Status
from kernel import clock
from kernel.errors import Refusal
from tests.cases.witness import everything, listen
from tests.factories import (
    a_body,
    a_case,
    a_citizen,
    a_member_of_staff,
    a_picture,
    a_report,
    key,
    move_on,
)

# Asked for and granted, or of two cases: tests of their own.
APART = {"extend", "suspend", "merge"}


@pytest.fixture
def told(session: Session) -> list[object]:
    return listen()


@pytest.mark.parametrize(
    ("status", "name"),
    [(status, name) for name, status in STEPS if name not in APART],
)
def test_a_legal_move_changes_the_status_and_is_told(
    session: Session, told: list[object], status: Status, name: str
) -> None:
    citizen = a_citizen(session)
    made = a_case(session, status, citizen_id=citizen)
    before = cases.case_file(session, made.case_id)
    staff = a_member_of_staff(session, name="李娜")
    body = a_body(session, "华新街街道")
    told.clear()

    move_on(session, made.case_id, name, staff_id=staff, body_id=body, note="按规定办理")

    after = cases.case_file(session, made.case_id)
    step = STEPS[name, status]
    assert (after.status, after.version) == (step.to, before.version + 1)
    last = after.moves[-1]
    assert (last.seq, last.name, last.actor_name) == (after.version, name, "李娜")
    assert (last.from_status, last.to_status) == (status, step.to)
    assert last.note == "按规定办理"
    assert last.body_name == ("华新街街道" if name == "dispatch" else None)
    assert ("photo" in step.needs) == bool(last.photo_ids)
    assert told == [
        OF_MOVE[name](
            case_id=made.case_id,
            seq=after.version,
            report_no=made.report_no,
            access_key=made.access_key,
            citizen_id=citizen,
            body_name=after.body_name,
            note="按规定办理",
        )
    ]
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # the commit will stand


@pytest.mark.parametrize(
    ("status", "name"),
    [pair for pair in product(Status, MOVES) if pair[::-1] not in STEPS and pair[1] != "merge"],
)
def test_an_illegal_move_changes_nothing(
    session: Session, told: list[object], status: Status, name: str
) -> None:
    case_id = a_case(session, status).case_id
    told.clear()
    before = everything(session)

    with pytest.raises(cases.IllegalMove):
        move_on(session, case_id, name)

    assert everything(session)[:3] == before[:3]
    assert told == []


def try_move(session: Session, case_id: int, name: str, **changed: object) -> None:
    values: dict[str, object] = {
        "staff_id": a_member_of_staff(session),
        "request_key": key(),
        "seen_version": cases.case_file(session, case_id).version,
    }
    cases.move(session, case_id=case_id, name=name, **(values | changed))  # type: ignore[arg-type]  # keywords by name


@pytest.mark.parametrize(
    ("status", "name", "changed", "refusal"),
    [
        (Status.REPORTED, "file", {"seen_version": 0}, cases.StaleCase),
        (Status.REPORTED, "file", {"seen_version": 2}, cases.StaleCase),
        (Status.FILED, "file", {"seen_version": 1}, cases.StaleCase),
        (Status.REPORTED, "fly", {}, cases.IllegalMove),
        (Status.REPORTED, "report", {}, cases.IllegalMove),
        (Status.REPORTED, "", {}, cases.IllegalMove),
        (Status.REPORTED, "refuse", {}, cases.NoteRequired),
        (Status.REPORTED, "refuse", {"note": "  \n"}, cases.NoteRequired),
        (Status.REPORTED, "refuse", {"note": "\0"}, cases.NoteRequired),
        (Status.REPORTED, "file", {"note": "长" * (LONGEST_NOTE + 1)}, cases.NoteTooLong),
        (Status.FILED, "dispatch", {}, cases.UnknownBody),
        (Status.FILED, "dispatch", {"body_id": 10**9}, cases.UnknownBody),
        (Status.FILED, "dispatch", {"body_id": 0}, cases.UnknownBody),
        (Status.FILED, "dispatch", {"body_id": -1}, cases.UnknownBody),
        (Status.DISPATCHED, "dispose", {"note": "已修好"}, cases.PhotoRequired),
        (Status.DISPATCHED, "dispose", {"photos": [a_picture()]}, cases.NoteRequired),
        (Status.DISPATCHED, "return", {}, cases.NoteRequired),
        (Status.DISPATCHED, "extend", {"note": "雨季"}, cases.IllegalMove),
        (Status.DISPATCHED, "suspend", {"note": "雨季"}, cases.IllegalMove),
        (Status.REPORTED, "merge", {}, cases.IllegalMove),
        (Status.DISPOSED, "check", {}, cases.PhotoRequired),
        (Status.DISPOSED, "close", {}, cases.PhotoRequired),
        (Status.DISPOSED, "rework", {"note": "没修平"}, cases.PhotoRequired),
        (Status.CHECKED, "rework", {}, cases.NoteRequired),
        (Status.FILED, "void", {}, cases.NoteRequired),
        (Status.REPORTED, "file", {"condition": "C0101/1"}, cases.UnknownCondition),
        (Status.REPORTED, "file", {"class_code": "X1"}, cases.UnknownClass),
        (
            Status.REPORTED,
            "file",
            {"class_code": "C0101", "condition": "C0101/9"},
            cases.UnknownCondition,
        ),
        (Status.REPORTED, "refuse", {"note": "x", "reason": "whim"}, cases.UnknownReason),
        (Status.DISPOSED, "rework", {}, cases.NoteRequired),
    ],
)
def test_a_refused_move_leaves_everything_as_it_was(
    session: Session, status: Status, name: str, changed: dict[str, object], refusal: type[Refusal]
) -> None:
    told = listen()
    case_id = a_case(session, status).case_id
    told.clear()
    before = everything(session)

    with pytest.raises(refusal):
        try_move(session, case_id, name, **changed)

    session.expire_all()
    assert everything(session) == before
    assert told == []


def test_a_body_that_was_dissolved_gets_no_case(session: Session) -> None:
    case_id = a_case(session, Status.FILED).case_id

    with pytest.raises(cases.UnknownBody):
        try_move(session, case_id, "dispatch", body_id=a_body(session, is_active=False))


@pytest.mark.parametrize("case_id", [0, -1, 10**9, 2**63 - 1])
def test_a_case_that_does_not_exist_cannot_be_moved(session: Session, case_id: int) -> None:
    with pytest.raises(cases.CaseNotFound):
        try_move(session, case_id, "file", seen_version=1)


def test_the_longest_note_is_kept_whole(session: Session) -> None:
    case_id = a_report(session).case_id

    try_move(session, case_id, "file", note=" " + "长" * LONGEST_NOTE + " ")

    assert cases.case_file(session, case_id).moves[-1].note == "长" * LONGEST_NOTE


def test_a_repeated_move_is_made_once(session: Session, told: list[object]) -> None:
    case_id = a_case(session, Status.DISPATCHED).case_id
    same = {"request_key": key(), "seen_version": 3, "note": " 已修好 ", "photos": [a_picture()]}
    try_move(session, case_id, "dispose", **same)
    told.clear()
    before = everything(session)

    try_move(session, case_id, "dispose", **same)
    assert everything(session) == before

    # Also when the case has gone on since.
    move_on(session, case_id, "close")
    after = everything(session)
    try_move(session, case_id, "dispose", **same)
    assert everything(session) == after
    assert [type(event) for event in told] == [cases.CaseClosed]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "refuse", "note": "不归我们管"},
        {"note": "换一个说法"},
        {"note": None, "photos": [a_picture(80)]},
    ],
)
def test_a_key_that_was_used_for_something_else_is_refused(
    session: Session, changed: dict[str, object]
) -> None:
    case_id, same = a_report(session).case_id, key()
    try_move(session, case_id, "file", request_key=same)
    before = everything(session)

    with pytest.raises(cases.KeyReused):
        try_move(session, case_id, **({"name": "file", "request_key": same} | changed))  # type: ignore[arg-type]  # keywords by name

    assert everything(session) == before


def test_a_key_that_sent_the_case_to_one_body_does_not_say_it_went_to_another(
    session: Session,
) -> None:
    case_id, same = a_case(session, Status.FILED).case_id, key()
    first, second = a_body(session), a_body(session)
    sent = {"request_key": same, "seen_version": 2}
    try_move(session, case_id, "dispatch", body_id=first, **sent)

    with pytest.raises(cases.KeyReused):
        try_move(session, case_id, "dispatch", body_id=second, **sent)

    assert cases.case_file(session, case_id).body_id == first


def test_a_key_of_another_case_is_refused(session: Session) -> None:
    one, other, same = a_report(session), a_report(session), key()
    try_move(session, one.case_id, "file", request_key=same)

    with pytest.raises(cases.KeyReused):
        try_move(session, other.case_id, "file", request_key=same)

    assert cases.case_file(session, other.case_id).status is Status.REPORTED


def test_the_key_of_a_report_moves_nothing(session: Session) -> None:
    same = key()
    case_id = a_report(session, request_key=same).case_id

    with pytest.raises(cases.KeyReused):
        try_move(session, case_id, "file", request_key=same)


def test_what_a_move_does_not_need_it_does_not_keep(session: Session) -> None:
    case_id = a_report(session).case_id

    try_move(session, case_id, "file", body_id=a_body(session))

    assert cases.case_file(session, case_id).body_id is None
    assert cases.case_file(session, case_id).moves[-1].body_name is None


def test_a_returned_case_may_go_to_another_body(session: Session) -> None:
    case_id = a_case(session, Status.DISPATCHED).case_id
    move_on(session, case_id, "return")
    body = a_body(session, "大石坝街道")

    move_on(session, case_id, "dispatch", body_id=body)

    assert cases.case_file(session, case_id).body_name == "大石坝街道"


def test_reworked_as_often_as_it_takes(session: Session) -> None:
    case_id = a_case(session, Status.DISPOSED).case_id
    for _ in range(3):
        move_on(session, case_id, "rework")
        move_on(session, case_id, "dispose")
    move_on(session, case_id, "close")

    file = cases.case_file(session, case_id)
    assert [move.seq for move in file.moves] == list(range(1, 12))
    assert len(file.photos) == 8  # of four disposals, three failed checks, and the one that passed
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_what_was_read_before_does_not_hide_what_happened_since(session: Session) -> None:
    case_id = a_report(session).case_id
    remembered = session.get_one(Case, case_id)  # kept in this session's memory
    staff_id = a_member_of_staff(session)
    session.execute(
        text(
            "INSERT INTO cases_moves (case_id, seq, name, from_status, to_status, staff_id,"
            " request_key) VALUES (:id, 2, 'file', 'reported', 'filed', :staff, :key)"
        ),
        {"id": case_id, "staff": staff_id, "key": key()},
    )
    session.execute(
        text("UPDATE cases_cases SET status = 'filed', version = 2 WHERE id = :id"),
        {"id": case_id},
    )

    with pytest.raises(cases.StaleCase):
        try_move(session, case_id, "refuse", seen_version=1, note="不归我们管")
    assert remembered.version == 2


def test_moves_carry_the_time_and_the_case_the_last_ones(session: Session) -> None:
    case_id = a_report(session).case_id
    before = clock.now()

    move_on(session, case_id, "file")

    case = session.get_one(Case, case_id)
    assert before <= case.updated_at <= clock.now()
    moves = session.scalars(select(CaseMove).where(CaseMove.case_id == case_id)).all()
    assert all(move.at.tzinfo is not None for move in moves)


def test_photos_of_a_disposal_are_kept_in_their_order(session: Session) -> None:
    case_id = a_case(session, Status.DISPATCHED).case_id
    pictures = [a_picture(width) for width in (64, 80, 96)]

    try_move(session, case_id, "dispose", note="已修好", photos=pictures)

    kept = cases.case_file(session, case_id).photos
    assert [photo.width for photo in kept] == [64, 80, 96]
    assert {(photo.purpose, photo.state, photo.move_seq) for photo in kept} == {
        ("disposal", "stored", 4)
    }
