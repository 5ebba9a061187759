"""What no code may store: each rule that matters is the database's own, and refuses by itself.

All of it is tried with plain SQL, as somebody with psql, or a bug, would.
"""

from collections.abc import Mapping

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

import cases
from cases.rules import MOVES, Status
from tests.factories import a_body, a_case, a_citizen, a_member_of_staff, a_photo, a_report, key

LONG = "字" * 2001


def insert(session: Session, table: str, values: Mapping[str, object]) -> None:
    columns, names = ", ".join(values), ", ".join(f":{name}" for name in values)
    session.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({names})"), dict(values))  # noqa: S608  # our own names


def case_row(**changed: object) -> dict[str, object]:
    row: dict[str, object] = {
        "report_no": key(),
        "access_key": "k",
        "request_key": key(),
        "status": "reported",
        "source": "wechat",
        "place_label": "观音桥",
    }
    return row | changed


def move_row(case_id: int, seq: int, name: str, **changed: object) -> dict[str, object]:
    row: dict[str, object] = {
        "case_id": case_id,
        "seq": seq,
        "name": name,
        "from_status": MOVES[name].origin.value if name in MOVES else None,
        "to_status": MOVES[name].to.value if name in MOVES else "reported",
        "request_key": key(),
    }
    return row | changed


def commit_would_check(session: Session) -> None:
    session.flush()
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"status": "lost"}, "ck_cases_cases_status"),
        ({"source": "fax"}, "ck_cases_cases_source"),
        ({"text": ""}, "ck_cases_cases_text_length"),
        ({"text": LONG}, "ck_cases_cases_text_length"),
        ({"place_label": ""}, "ck_cases_cases_label_length"),
        ({"place_label": LONG[:201]}, "ck_cases_cases_label_length"),
        ({"place_label": None}, "ck_cases_cases_is_somewhere"),
        ({"latitude": 29.5}, "ck_cases_cases_located_wholly_or_not"),
        ({"latitude": 29.5, "longitude": 106.5}, "ck_cases_cases_located_wholly_or_not"),
        ({"cell": "wm7b0x2q"}, "ck_cases_cases_located_wholly_or_not"),
        ({"latitude": 91.0, "longitude": 106.5, "cell": "w"}, "ck_cases_cases_on_earth"),
        ({"latitude": 29.5, "longitude": -181.0, "cell": "w"}, "ck_cases_cases_on_earth"),
        ({"latitude": "NaN", "longitude": 106.5, "cell": "w"}, "ck_cases_cases_on_earth"),
        ({"latitude": 29.5, "longitude": "Infinity", "cell": "w"}, "ck_cases_cases_on_earth"),
        ({"status": "dispatched"}, "ck_cases_cases_somebody_is_responsible"),
        ({"status": "disposed"}, "ck_cases_cases_somebody_is_responsible"),
        ({"status": "closed"}, "ck_cases_cases_somebody_is_responsible"),
        ({"citizen_id": 10**9}, "fk_cases_cases_citizen_id_accounts_citizens"),
        ({"body_id": 10**9}, "fk_cases_cases_body_id_territory_bodies"),
    ],
)
def test_a_case_that_cannot_be_is_refused(
    session: Session, changed: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        insert(session, "cases_cases", case_row(**changed))


@pytest.mark.parametrize("column", ["report_no", "request_key"])
def test_two_cases_cannot_share_what_names_one(session: Session, column: str) -> None:
    first = case_row()
    insert(session, "cases_cases", first)

    with pytest.raises(IntegrityError, match=f"uq_cases_cases_{column}"):
        insert(session, "cases_cases", case_row(**{column: first[column]}))


def test_a_case_without_a_history_is_refused_at_commit(session: Session) -> None:
    insert(session, "cases_cases", case_row())

    with pytest.raises(IntegrityError, match="status_is_last_move"):
        commit_would_check(session)


@pytest.mark.parametrize(
    "change",
    [
        "status = 'filed'",
        "version = version + 1",
        "status = 'filed', version = version + 1",
        "version = 0",
        "status = 'refused', version = 1",
    ],
)
def test_a_status_that_is_not_the_last_moves_is_refused_at_commit(
    session: Session, change: str
) -> None:
    case_id = a_report(session).case_id
    session.execute(text(f"UPDATE cases_cases SET {change} WHERE id = :id"), {"id": case_id})  # noqa: S608  # our own words

    with pytest.raises(IntegrityError, match="status_is_last_move"):
        commit_would_check(session)


def test_going_back_to_an_earlier_status_is_no_move(session: Session) -> None:
    # The earlier pair of number and status does exist; a later move then has a status no more.
    case_id = a_case(session, Status.DISPATCHED).case_id
    session.execute(
        text("UPDATE cases_cases SET status = 'filed', version = 3 WHERE id = :id"),
        {"id": case_id},
    )

    with pytest.raises(IntegrityError, match="status_is_last_move"):
        commit_would_check(session)


def test_a_move_and_the_status_it_leads_to_are_taken_together(session: Session) -> None:
    case_id = a_report(session).case_id
    staff_id = a_member_of_staff(session)
    insert(session, "cases_moves", move_row(case_id, 2, "file", staff_id=staff_id))
    session.execute(
        text("UPDATE cases_cases SET status = 'filed', version = 2 WHERE id = :id"),
        {"id": case_id},
    )

    commit_would_check(session)


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        # Numbers: no gap, none below 1, none twice, and only one beginning.
        ({"seq": 3}, "starts_where_the_last_ended"),
        ({"seq": 99}, "starts_where_the_last_ended"),
        ({"seq": 0}, "is_legal"),
        ({"seq": -1}, "is_legal"),
        ({"seq": 1}, "is_legal"),
        ({"seq": 1, "name": "report", "to_status": "reported"}, "is_legal"),
        # Origins: what is not the last outcome, or is not said.
        ({"name": "dispatch", "from_status": "filed", "to_status": "dispatched"}, "starts_where"),
        ({"from_status": None}, "is_legal"),
        ({"from_status": None, "seq": 99}, "is_legal"),
        # Moves that are in no list.
        ({"name": "close", "to_status": "closed"}, "is_legal"),
        ({"name": "file", "to_status": "closed"}, "is_legal"),
        ({"name": "report", "to_status": "reported"}, "is_legal"),
        ({"name": "forget"}, "is_legal"),
        ({"to_status": "lost"}, "is_legal"),
        # Somebody did it, and somebody who exists.
        ({"staff_id": None}, "is_legal"),
        ({"staff_id": 10**9}, "fk_cases_moves_staff_id_accounts_staff"),
        ({"body_id": 10**9}, "fk_cases_moves_body_id_territory_bodies"),
        ({"note": ""}, "ck_cases_moves_note_length"),
        ({"note": LONG[:501]}, "ck_cases_moves_note_length"),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    session: Session, changed: dict[str, object], constraint: str
) -> None:
    case_id = a_report(session).case_id
    row = move_row(case_id, 2, "file", staff_id=a_member_of_staff(session))

    with pytest.raises(IntegrityError, match=constraint):
        insert(session, "cases_moves", row | changed)


def test_a_second_move_of_the_same_number_is_refused(session: Session) -> None:
    case_id = a_case(session, Status.FILED).case_id
    row = move_row(case_id, 2, "refuse", staff_id=a_member_of_staff(session))

    with pytest.raises(IntegrityError, match="pk_cases_moves"):
        insert(session, "cases_moves", row)


def test_a_second_move_by_the_same_request_is_refused(session: Session) -> None:
    one, other = a_report(session), a_report(session)
    staff_id, same = a_member_of_staff(session), key()
    insert(
        session,
        "cases_moves",
        move_row(one.case_id, 2, "file", staff_id=staff_id, request_key=same),
    )

    with pytest.raises(IntegrityError, match="uq_cases_moves_request_key"):
        insert(
            session,
            "cases_moves",
            move_row(other.case_id, 2, "file", staff_id=staff_id, request_key=same),
        )


def test_a_move_of_no_case_is_refused(session: Session) -> None:
    with pytest.raises(IntegrityError, match="cases_moves"):
        insert(session, "cases_moves", move_row(10**9, 1, "report"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases_moves SET note = '改写' WHERE case_id = :id",
        "UPDATE cases_moves SET at = now() - interval '1 year' WHERE case_id = :id",
        "UPDATE cases_moves SET note = note WHERE false AND case_id = :id",
        "DELETE FROM cases_moves WHERE case_id = :id",
        "TRUNCATE cases_moves CASCADE",
        "TRUNCATE cases_cases CASCADE",
        """INSERT INTO cases_moves (case_id, seq, name, to_status, request_key)
           VALUES (:id, 1, 'report', 'reported', 'k')
           ON CONFLICT (case_id, seq) DO UPDATE SET note = '改写'""",
    ],
)
def test_history_is_written_once(session: Session, statement: str) -> None:
    case_id = a_case(session, Status.FILED).case_id
    commit_would_check(session)

    with pytest.raises(DBAPIError, match="cases_moves is append-only"):
        session.execute(text(statement), {"id": case_id} if ":id" in statement else {})


def test_a_case_with_a_history_cannot_be_deleted(session: Session) -> None:
    case_id = a_report(session).case_id

    with pytest.raises(IntegrityError, match="fk_cases_moves_case_id_cases_cases"):
        session.execute(text("DELETE FROM cases_cases WHERE id = :id"), {"id": case_id})


PHOTO = {"purpose": "report", "state": "pending"}
BYTES = {"blob_key": "a", "thumb_key": "b", "sha256": "c", "width": 1, "height": 1}


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        (PHOTO | {"purpose": "holiday"}, "ck_cases_photos_purpose"),
        (PHOTO | {"state": "blurred"}, "ck_cases_photos_state"),
        (PHOTO | {"state": "stored"}, "ck_cases_photos_stored_has_bytes"),
        (PHOTO | BYTES, "ck_cases_photos_stored_has_bytes"),
        (PHOTO | BYTES | {"state": "lost"}, "ck_cases_photos_stored_has_bytes"),
        (PHOTO | {"blob_key": "a"}, "ck_cases_photos_stored_has_bytes"),
        *[
            (PHOTO | BYTES | {"state": "stored", missing: None}, "stored_has_bytes")
            for missing in BYTES
        ],
        (PHOTO | {"case_id": 1}, "ck_cases_photos_attached_wholly_or_not"),
        (PHOTO | {"move_seq": 1}, "ck_cases_photos_attached_wholly_or_not"),
        (PHOTO | {"case_id": 10**9, "move_seq": 1}, "fk_cases_photos_case_id_cases_moves"),
        (PHOTO | {"citizen_id": 10**9}, "fk_cases_photos_citizen_id_accounts_citizens"),
    ],
)
def test_a_photo_that_cannot_be_is_refused(
    session: Session, row: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        insert(session, "cases_photos", {"origin": key(), **row})


def test_one_sending_is_one_photo(session: Session) -> None:
    origin = key()
    insert(session, "cases_photos", {"origin": origin, **PHOTO})

    with pytest.raises(IntegrityError, match="uq_cases_photos_origin"):
        insert(session, "cases_photos", {"origin": origin, **PHOTO})


def test_a_photo_of_a_move_that_was_not_made_is_refused(session: Session) -> None:
    citizen = a_citizen(session)
    case_id = a_report(session, citizen_id=citizen).case_id
    photo = a_photo(session, citizen)

    with pytest.raises(IntegrityError, match="fk_cases_photos_case_id_cases_moves"):
        session.execute(
            text("UPDATE cases_photos SET case_id = :case, move_seq = 2 WHERE id = :id"),
            {"case": case_id, "id": photo},
        )


def test_who_is_responsible_for_a_case_cannot_be_deleted(session: Session) -> None:
    body_id = a_body(session)
    case_id = a_case(session, Status.FILED).case_id
    cases.move(
        session,
        case_id=case_id,
        name="dispatch",
        staff_id=a_member_of_staff(session),
        request_key=key(),
        seen_version=2,
        body_id=body_id,
    )

    with pytest.raises(IntegrityError, match="territory_bodies"):
        session.execute(text("DELETE FROM territory_bodies WHERE id = :id"), {"id": body_id})
