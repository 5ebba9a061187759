"""What the database itself refuses of a tree, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from tests.territory.grounds import planted

AREA = "INSERT INTO territory_areas (code, level, kind, name, parent_code) VALUES "


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("('500105009', 2, 'community', '九', '500105')", "kind_of_its_level"),
        ("('500105009', 2, 'street', '九', NULL)", "all_but_the_root_have_a_parent"),
        ("('500106', 1, 'district', '六', '500105')", "all_but_the_root_have_a_parent"),
        ("('500106', 1, 'district', '六', NULL)", "one_district"),
        ("('500105002009', 3, 'community', '九', '500105')", "parent_is_one_level_up"),
        ("('500105009', 2, 'street', '九', '500105001')", "parent_is_one_level_up"),
        ("('50010509', 2, 'street', '九', '500105')", "ck_territory_areas_code"),
        ("('500106009', 2, 'street', '九', '500105')", "code_of_one_district"),
        ("('500105009', 2, 'street', '', '500105')", "name_length"),
    ],
)
def test_no_area_is_out_of_place(session: Session, values: str, constraint: str) -> None:
    planted(session)
    with pytest.raises(IntegrityError, match=constraint):
        session.execute(text(AREA + values))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE territory_areas SET west = NULL WHERE code = '500105001'",
        "UPDATE territory_areas SET west = east WHERE code = '500105001'",
        "UPDATE territory_areas SET north = 91 WHERE code = '500105001'",
    ],
)
def test_no_outline_is_half_a_one(session: Session, change: str) -> None:
    planted(session)
    with pytest.raises(IntegrityError, match=r"shaped_wholly|on_earth"):
        session.execute(text(change))


def test_nothing_active_hangs_on_what_is_retired(session: Session) -> None:
    planted(session)
    session.execute(text("UPDATE territory_areas SET is_active = false WHERE code = '500105001'"))
    with pytest.raises(IntegrityError, match="active_under_active"):
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM territory_areas WHERE code = '500105001001001'",
        "UPDATE territory_areas SET code = '500105001001009' WHERE code = '500105001001001'",
        "UPDATE territory_areas SET level = 3 WHERE code = '500105001001001'",
    ],
)
def test_areas_are_neither_deleted_nor_renumbered(session: Session, change: str) -> None:
    planted(session)
    with pytest.raises(DBAPIError, match="retired, not deleted"):
        session.execute(text(change))
