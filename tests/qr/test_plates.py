"""A plate's life: what may be done, what must come with it, and what the database forbids."""

from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from local.postgres import EmbeddedPostgres
from qr import queries, rounds, service
from qr.codes import is_code, new_code
from qr.errors import (
    IllegalPlateMove,
    KeyReused,
    NoteRequired,
    NumberTaken,
    OtherSiteRequired,
    PhotoRequired,
    PlateNotFound,
    StalePlate,
)
from qr.models import Code, Plate, PlateMove
from qr.rules import MOVES, PlateState, allowed
from qr.service import Deed
from tests import factories
from tests.qr.signs import Planted, a_sign, do, plate_of
from tests.turns import Turns


@pytest.fixture
def planned(session: Session) -> Planted:
    return a_sign(session, begins="plan")


@pytest.fixture
def hanging(session: Session) -> Planted:
    return a_sign(session)


def printed(session: Session, sign: Planted) -> int:
    batch = service.start_batch(session, plate_ids=[sign.plate_id], layout="post")
    session.commit()
    return batch


def test_a_plate_is_planned_printed_installed_damaged_and_repaired(
    session: Session, planned: Planted
) -> None:
    printed(session, planned)
    for name in ("install", "damage", "repair", "check"):
        do(session, planned.plate_id, name)

    history = queries.site_file(session, planned.number).plates[0].moves
    assert [move.name for move in history] == [
        "check",
        "repair",
        "damage",
        "install",
        "print",
        "plan",
    ]
    assert plate_of(session, planned.plate_id).state == PlateState.INSTALLED
    assert [move.has_photo for move in history] == [True, True, True, True, False, False]


def test_installing_needs_a_photo_and_damage_a_word(session: Session, planned: Planted) -> None:
    printed(session, planned)
    with pytest.raises(PhotoRequired):
        do(session, planned.plate_id, "install", photo=None)
    do(session, planned.plate_id, "install")
    with pytest.raises(NoteRequired):
        do(session, planned.plate_id, "damage", note=None)


@pytest.mark.parametrize("name", ["install", "repair", "print", "plan", "nonsense"])
def test_what_is_not_legal_from_here_is_refused(
    session: Session, hanging: Planted, name: str
) -> None:
    with pytest.raises(IllegalPlateMove):
        do(session, hanging.plate_id, name)
    assert plate_of(session, hanging.plate_id).version == 1


def test_a_page_that_is_out_of_date_changes_nothing(session: Session, hanging: Planted) -> None:
    do(session, hanging.plate_id, "check")
    with pytest.raises(StalePlate):
        do(session, hanging.plate_id, "damage", seen_version=1)


def test_the_same_request_twice_is_done_once(session: Session, hanging: Planted) -> None:
    key = factories.key()
    do(session, hanging.plate_id, "check", request_key=key)
    do(session, hanging.plate_id, "check", request_key=key)
    assert plate_of(session, hanging.plate_id).version == 2
    with pytest.raises(KeyReused):
        do(session, hanging.plate_id, "damage", request_key=key)


def test_nobodys_plate_is_not_found(session: Session) -> None:
    deed = Deed(name="check", staff_id=1, request_key="k", seen_version=1)
    with pytest.raises(PlateNotFound):
        service.move(session, 999_999_999, deed)


def test_a_replacement_has_the_same_code_and_hangs_only_when_installed(
    session: Session, hanging: Planted
) -> None:
    do(session, hanging.plate_id, "replace")
    new, old = queries.site_file(session, hanging.number).plates

    assert (old.state, new.state) == (PlateState.REPLACED, PlateState.PLANNED)
    assert new.code == old.code
    assert new.replaces_id == old.id
    assert not new.is_code_retired


def test_a_copied_code_is_replaced_by_a_new_one(session: Session, hanging: Planted) -> None:
    do(session, hanging.plate_id, "replace", has_new_code=True)
    new, old = queries.site_file(session, hanging.number).plates

    assert new.code != old.code
    assert old.is_code_retired
    assert not new.is_code_retired


def test_a_retired_plate_retires_its_code(session: Session, hanging: Planted) -> None:
    do(session, hanging.plate_id, "retire")
    assert queries.site_file(session, hanging.number).plates[0].is_code_retired


def test_a_moved_plate_takes_its_code_along_and_is_in_both_histories(
    session: Session, hanging: Planted
) -> None:
    goal = a_sign(session, "新地点", north_m=300, begins="plan")
    with pytest.raises(OtherSiteRequired):
        do(session, hanging.plate_id, "move", site_number=hanging.number)
    do(session, hanging.plate_id, "move", site_number=goal.number)

    assert queries.number_of(session, hanging.plate_id) == goal.number
    for number in (hanging.number, goal.number):
        plates = queries.site_file(session, number).plates
        assert hanging.plate_id in {plate.id for plate in plates}


def test_a_batch_takes_planned_plates_once(session: Session, planned: Planted) -> None:
    batch = printed(session, planned)
    assert [each.plate_id for each in rounds.to_print(session, batch_id=batch)] == [
        planned.plate_id
    ]
    with pytest.raises(StalePlate):
        printed(session, planned)


def test_two_printers_at_once_do_not_print_a_plate_twice(postgres: EmbeddedPostgres) -> None:
    with factories.committing_sessions(postgres) as sessions:
        with sessions() as session:
            sign = a_sign(session, begins="plan")
        with Turns(sessions) as (one, other):

            def start(session: Session) -> int:
                return service.start_batch(session, plate_ids=[sign.plate_id], layout="post")

            one.do(start)
            waiting = other.begin(start)
            other.wait_until_blocked()
            one.commit()
            with pytest.raises(StalePlate):
                waiting.result(10)


def test_two_people_at_one_plate_the_second_is_told(postgres: EmbeddedPostgres) -> None:
    with factories.committing_sessions(postgres) as sessions:
        sign, staff = _one_of_each(sessions)
        with Turns(sessions) as (one, other):

            def check(session: Session) -> None:
                deed = Deed(
                    name="check", staff_id=staff, request_key=factories.key(), seen_version=1
                )
                service.move(session, sign.plate_id, deed)

            one.do(check)
            waiting = other.begin(check)
            other.wait_until_blocked()
            one.commit()
            with pytest.raises(StalePlate):
                waiting.result(10)


def _one_of_each(sessions: sessionmaker[Session]) -> tuple[Planted, int]:
    with sessions() as session:
        staff = factories.a_member_of_staff(session)
        return a_sign(session), staff


# -- the law -------------------------------------------------------------------------------


FORBIDDEN = {
    "codes stay": "DELETE FROM qr_codes",
    "sites stay": "DELETE FROM qr_sites",
    "plates stay": "DELETE FROM qr_plates",
    "history stays": "TRUNCATE qr_plate_moves",
    "history is not written anew": "UPDATE qr_plate_moves SET note = 'x'",
    "nor is a site's": "DELETE FROM qr_site_changes",
    "a code stays itself": "UPDATE qr_codes SET code = '00000000'",
    "no state without a move": "UPDATE qr_plates SET state = 'retired'",
    "no version without a move": "UPDATE qr_plates SET version = 2",
    "a wrong check character": """
        INSERT INTO qr_codes (code, site_id) SELECT 'ABCDEFG1', max(id) FROM qr_sites""",
    "small letters": """
        INSERT INTO qr_codes (code, site_id) SELECT lower(code), site_id FROM qr_codes""",
    "not on earth": "UPDATE qr_sites SET latitude = 91",
    "no number": "UPDATE qr_sites SET number = 'no such'",
    "an illegal move": """
        INSERT INTO qr_plate_moves (plate_id, seq, name, from_state, to_state, site_id)
        SELECT id, 2, 'install', 'installed', 'installed', (SELECT max(id) FROM qr_sites)
        FROM qr_plates""",
    "the 25th hour": """
        INSERT INTO qr_scans (code, day, hour, client, scans)
        SELECT code, now(), 24, 'wechat', 1 FROM qr_codes""",
    "who it was": """
        INSERT INTO qr_scans (code, day, hour, client, scans)
        SELECT code, now(), 1, 'openid', 1 FROM qr_codes""",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_database_itself_refuses(session: Session, hanging: Planted, what: str) -> None:
    def attempt() -> None:
        session.execute(text(FORBIDDEN[what]))
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    with pytest.raises(DBAPIError):
        attempt()


def test_a_retired_code_never_comes_back(session: Session, hanging: Planted) -> None:
    do(session, hanging.plate_id, "retire")
    with pytest.raises(DBAPIError):
        session.execute(text("UPDATE qr_codes SET retired_at = NULL"))


def test_two_plates_of_one_code_cannot_hang(session: Session, hanging: Planted) -> None:
    with pytest.raises(DBAPIError):
        service.plan_plate(session, hanging.code, begins="adopt")


def test_a_number_is_given_once(session: Session, hanging: Planted) -> None:
    with pytest.raises(NumberTaken):
        a_sign(session, number=hanging.number)


def test_the_database_and_python_agree_on_codes(session: Session) -> None:
    random = Random(7)
    good = [new_code(random) for _ in range(300)]
    wrong = [code[:-1] + ("A" if code[-1] != "A" else "B") for code in good]
    swapped = [code[1] + code[0] + code[2:] for code in good if code[0] != code[1]]
    for codes in (good, wrong, swapped):
        told = session.execute(
            text("SELECT qr_is_code(c) FROM unnest(CAST(:codes AS text[])) AS c"), {"codes": codes}
        ).scalars()
        assert list(told) == [is_code(code) for code in codes]
    assert all(is_code(code) for code in good)
    assert not any(is_code(code) for code in wrong)


def test_every_state_but_the_last_ones_has_a_way_on() -> None:
    for state in PlateState:
        is_end = state in (PlateState.REPLACED, PlateState.RETIRED)
        assert bool([m for m in MOVES if m.origin is state]) != is_end
    assert "print" not in {move.name for move in allowed(PlateState.PLANNED)}


def test_every_plate_begins_with_a_move(session: Session, hanging: Planted) -> None:
    begun = session.scalars(select(PlateMove.plate_id).where(PlateMove.seq == 1)).all()
    assert set(session.scalars(select(Plate.id))) <= set(begun)
    assert session.scalar(select(Code.site_id).where(Code.code == hanging.code)) == hanging.site_id


def test_the_command_prints_what_is_planned_once(
    app: Flask, session: Session, planned: Planted, hanging: Planted, tmp_path: Path
) -> None:
    words = ["signs", "print", "--address", "https://q.example.cn", "--layout", "sticker"]
    runner = app.test_cli_runner()
    first = runner.invoke(args=[*words, str(tmp_path / "one")])
    assert first.exit_code == 0, first.output
    assert "1 块" in first.output
    assert (tmp_path / "one" / "plates.pdf").stat().st_size > 1000
    assert plate_of(session, planned.plate_id).state == PlateState.PRINTED
    assert "没有等待印制" in runner.invoke(args=[*words, str(tmp_path / "two")]).output
    batch = str(plate_of(session, planned.plate_id).batch_id)
    again = runner.invoke(args=[*words, "--again", batch, str(tmp_path / "again")])
    assert "1 块" in again.output
    too_long = ["signs", "print", "--address", f"https://{'x' * 40}.cn", str(tmp_path / "no")]
    assert "缩短" in runner.invoke(args=[*too_long, "--again", batch]).output
