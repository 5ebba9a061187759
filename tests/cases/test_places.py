"""A case finds its place in the tree, and keeps it whatever becomes of the tree."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import cases
from cases.clock_models import Facts
from cases.workflow import Status
from territory import NOWHERE, Place
from tests.cases.conftest import now_in
from tests.factories import ROADS, a_report, move_on
from tests.territory.grounds import bring_in, collection, feature, middle, planted, square

WHOLE = Place("500105001", "500105001001", "500105001001001")


def reported_at(session: Session, column: float, row: float) -> cases.Reported:
    latitude, longitude = middle(column, row)
    return a_report(session, latitude=latitude, longitude=longitude)


def test_a_report_knows_its_street_community_and_cell_at_once(session: Session) -> None:
    planted(session)
    made = reported_at(session, 0, 0)

    assert now_in(session, made.case_id).place == WHOLE
    assert session.get_one(Facts, made.case_id).street_code == "500105001"


def test_a_report_outside_or_without_coordinates_has_none(session: Session) -> None:
    planted(session)
    far = reported_at(session, 50, 50)
    told = a_report(session, latitude=None, longitude=None)
    assert {now_in(session, each.case_id).place for each in (far, told)} == {NOWHERE}


def moved_border(session: Session) -> None:
    """Give the first cell's ground to a new one."""
    old = feature("500105001001001", "grid", "500105001001", state="停用")
    new = feature("500105001001009", "grid", "500105001001", square(0, 0, 2, 1))
    assert bring_in(session, collection(old, new)).refused == 0


def test_what_changes_in_the_tree_before_filing_counts_at_filing(session: Session) -> None:
    planted(session)
    made = reported_at(session, 0, 0)
    moved_border(session)
    assert now_in(session, made.case_id).place == WHOLE

    move_on(session, made.case_id, "file")
    assert now_in(session, made.case_id).place.grid_code == "500105001001009"


def test_what_changes_in_the_tree_after_filing_does_not_change_the_past(session: Session) -> None:
    planted(session)
    made = reported_at(session, 0, 0)
    move_on(session, made.case_id, "file")
    moved_border(session)
    for name in ROADS[Status.CLOSED][1:]:
        move_on(session, made.case_id, name)
    assert now_in(session, made.case_id).place == WHOLE


def test_the_database_keeps_the_place_of_what_was_filed(session: Session) -> None:
    planted(session)
    made = reported_at(session, 0, 0)
    move_on(session, made.case_id, "file")
    session.flush()
    with pytest.raises(DBAPIError, match="keeps its street"):
        session.execute(
            text("UPDATE cases_cases SET grid_code = NULL WHERE id = :id"), {"id": made.case_id}
        )
