"""Each rule of each table, one wrong row for each: the database names the rule that it breaks."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points.keys import Keys
from tests.points.conftest import Clock
from tests.points.wrong_rows import REFERRED, TABLES, TOLD_ELSEWHERE, laws_of
from tests.points.wrong_world import broken_by, build


@pytest.mark.parametrize("table", TABLES)
def test_each_rule_of_a_table_stops_its_wrong_row(
    session: Session, time: Clock, keys: Keys, table: str
):
    build(session, time, keys)
    for law, change in laws_of(table).items():
        assert broken_by(session, table, change) == law


def test_no_rule_is_forgotten_here(session: Session):
    """Every CHECK, every key and every reference has its wrong row above."""
    found = session.scalars(
        text("""
        SELECT conname FROM pg_constraint
        WHERE conrelid::regclass::text LIKE 'points%' AND contype IN ('c', 'p', 'u', 'f')
        UNION SELECT indexname FROM pg_indexes
        WHERE tablename LIKE 'points%' AND indexdef LIKE 'CREATE UNIQUE%WHERE%'
        """)
    )
    named = {law for table in TABLES for law in laws_of(table)}
    assert set(found) - named == REFERRED | TOLD_ELSEWHERE
