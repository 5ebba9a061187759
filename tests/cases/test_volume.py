"""With the cases of some years, each query still reads little, by an index."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.orm import Session

import cases
from cases.dossier import dossier
from cases.figures import Wanted, figures
from cases.glance import glance
from cases.lists import Filters, listed
from cases.models import Case
from cases.overview import columns, points
from cases.queries import SEARCH_DEPTH
from cases.reminders import remind
from cases.rules import Status
from kernel import clock
from local.postgres import EmbeddedPostgres
from tests.factories import a_report, key, throwaway_database

Statement = tuple[str, Any]

GROWING = {
    "cases_cases",
    "cases_moves",
    "cases_photos",
    "cases_stages",
    "cases_facts",
    "cases_followers",
    "accounts_citizens",
}
OPEN_SHARE = 7  # percent
NUMBER = "JB261122-4839202"
MANY = 50_000
FILL = """
INSERT INTO accounts_citizens (openid) SELECT 'o' || n FROM generate_series(1, :many / 10) n;
INSERT INTO accounts_staff (username, name, role, password_hash)
    VALUES ('li.na', '李娜', 'acceptor', '-');
INSERT INTO territory_bodies (code, name, kind) SELECT n, '街道' || n, 'street'
    FROM generate_series(1, 20) n;
INSERT INTO cases_cases (report_no, access_key, request_key, status, version, source, citizen_id,
        text, place_label, latitude, longitude, cell, body_id, reported_at, updated_at)
    SELECT CASE n WHEN 777 THEN 'JB261122-4839202' ELSE 'JB' || n END, 'k' || n, 'r' || n,
        CASE WHEN n % 100 < 93 THEN 'refused' WHEN n % 100 < 97 THEN 'filed' ELSE 'reported' END,
        CASE WHEN n % 100 < 97 THEN 2 ELSE 1 END,
        'wechat', 1 + n % (:many / 10), repeat('路面坑洼，积水很深。', 1 + n % 9),
        '建新东路' || n || '号', 29.5, 106.5, 'wm7b0x2q', NULL,
        now() - (:many - n) * interval '1 minute', now()
    FROM generate_series(1, :many) n;
INSERT INTO cases_moves (case_id, seq, name, to_status, request_key)
    SELECT id, 1, 'report', 'reported', request_key FROM cases_cases;
INSERT INTO cases_moves (case_id, seq, name, from_status, to_status, request_key, staff_id)
    SELECT id, 2, CASE status WHEN 'filed' THEN 'file' ELSE 'refuse' END, 'reported', status,
        'm' || id, (SELECT id FROM accounts_staff)
    FROM cases_cases WHERE version = 2;
UPDATE cases_cases SET stage = 'accept', stage_warn_at = now() + interval '1 hour',
    stage_due_at = now() + CASE WHEN id % 500 = 99 THEN interval '-1 hour' ELSE interval '2 hours' END
    WHERE status = 'reported';
UPDATE cases_cases SET latitude = 29.5 + id * 0.000004, longitude = 106.5,
    cell = chr((97 + id / 300 % 26)::int) || lpad((id / 12)::text, 7, '0'),
    class_code = CASE WHEN id % 2 = 0 THEN 'C0137' ELSE 'E0113' END, is_urgent = id % 1000 = 0,
    source = CASE WHEN id % 5000 = 0 THEN 'sensor' ELSE source END;
INSERT INTO cases_stages (case_id, begun_seq, stage, limit_value, limit_unit, whole_s, begun_at,
        warn_at, due_at, ended_seq, ended_at)
    SELECT id, 1, 'accept', 15, 'minute', 900, reported_at, coalesce(stage_warn_at, reported_at),
        coalesce(stage_due_at, reported_at), CASE WHEN version = 2 THEN 2 END,
        CASE WHEN version = 2 THEN reported_at END FROM cases_cases
        WHERE stage_warn_at IS NULL OR stage_warn_at <= stage_due_at;
INSERT INTO cases_facts (case_id, reported_at, source, class_code, status, filed_at, file_due_at)
    SELECT id, reported_at, source, class_code, status,
        CASE WHEN status = 'filed' THEN reported_at END, reported_at FROM cases_cases;
INSERT INTO cases_followers (case_id, citizen_id)
    SELECT id, 1 + (id + 1) % (:many / 10) FROM cases_cases WHERE id % 5 = 2;
INSERT INTO cases_photos (origin, citizen_id, case_id, move_seq, purpose, state)
    SELECT 'p' || id, citizen_id, id, 1, 'report', 'pending' FROM cases_cases;
"""


@pytest.fixture(scope="module")
def crowded(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """Lend a database with the cases of some years."""
    with throwaway_database(postgres) as url:
        engine = create_engine(url, connect_args={"options": "-c jit=off"})
        with engine.begin() as connection:
            # What is filled in obeys the rules; checking them row by row would take long.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in FILL.split(";")[:-1]:
                connection.execute(text(statement.replace(":many", str(MANY))))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        yield engine
        engine.dispose()


def scanned(plan: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Return how each table is read: (table, kind of scan, rows read)."""
    if "Relation Name" in plan:
        read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield plan["Relation Name"], plan["Node Type"], int(read * plan["Actual Loops"])
    for part in plan.get("Plans", ()):
        yield from scanned(part)


def last_days(days: float) -> tuple[datetime, datetime]:
    return clock.now() - timedelta(days=days), clock.now()


def of_days(days: float, **more: Any) -> cases.Wanted:  # noqa: ANN401  # as `Wanted`
    return cases.Wanted(reported=last_days(days), **more)


QUERIES: dict[str, Callable[[Session], object]] = {
    "the list": cases.worklist,
    "the list of a rare status": lambda session: cases.worklist(session, status=Status.REPORTED),
    "the list of a usual status": lambda session: cases.worklist(session, status=Status.REFUSED),
    "the list of an empty status": lambda session: cases.worklist(session, status=Status.CLOSED),
    "a page far down": lambda session: cases.worklist(session, before_id=MANY // 2),
    "a page far down of a status": lambda session: cases.worklist(
        session, status=Status.FILED, before_id=MANY // 10
    ),
    "a search that finds": lambda session: cases.worklist(session, search="坑洼"),
    "a search that finds nothing": lambda session: cases.worklist(session, search="没有的词"),
    "a search in a status": lambda session: cases.worklist(
        session, search="坑洼", status=Status.FILED
    ),
    "a search by number": lambda session: cases.worklist(session, search=NUMBER),
    "counts": cases.counts_by_status,
    "a file": lambda session: cases.case_file(session, 777),
    "a public case": lambda session: cases.public_case(session, NUMBER, None),
    "progress": lambda session: cases.progress(session, 77),
    "progress of one": lambda session: cases.progress_of(session, 77, NUMBER),
    "a repeated request": lambda session: a_report(session, citizen_id=77, request_key="r777"),
    "open cases of a class": lambda session: listed(
        session, Filters(is_open=True, class_code="C0137")
    ),
    "cases of a rare source": lambda session: listed(session, Filters(source="sensor")),
    "late cases": lambda session: listed(session, Filters(late="red")),
    "urgent cases": lambda session: listed(session, Filters(is_urgent=True)),
    "cases of a day": lambda session: listed(
        session,
        Filters(since=clock.now() - timedelta(hours=2), until=clock.now() - timedelta(hours=1)),
    ),
    "watched cases": lambda session: listed(session, Filters(is_supervised=True)),
    "counted cases": lambda session: listed(session, Filters(counted=("filing", "n"))),
    "similar cases": lambda session: cases.similar(session, 29.6, 106.5, None, "路面坑洼"),
    "whom to tell": lambda session: cases.reporters_of(session, 777),
    "what to remind of": remind,
    "a dossier": lambda session: dossier(session, cases.case_file(session, 777)),
    "the board": columns,
    "the glance of the duty desk": lambda session: glance(session, clock.now()),
    "the map": lambda session: points(session, limit=100),
    "figures of a day": lambda session: figures(
        session, Wanted(since=clock.now() - timedelta(days=1), until=clock.now())
    ),
    "the newest for others": lambda session: cases.outward_cases(session, of_days(30), limit=50),
    "a rare status for others": lambda session: cases.outward_cases(
        session, of_days(0.05, statuses=[Status.CLOSED]), limit=50
    ),
    "a place for others": lambda session: cases.outward_cases(
        session, of_days(0.05, around=(29.6, 106.5, 500.0)), limit=50
    ),
    "what changed for others": lambda session: cases.outward_cases(
        session, cases.Wanted(updated=of_days(0.05).reported), limit=50
    ),
    "cases by number for others": lambda session: cases.outward_named(session, [NUMBER]),
    "steps for others": lambda session: cases.outward_moves(
        session, last_days(0.05), only=None, limit=100
    ),
    "a report": lambda session: a_report(session, citizen_id=77, photo_ids=(1, 2)),
    "a move": lambda session: cases.move(
        session, case_id=99, name="file", staff_id=1, request_key=key(), seen_version=1
    ),
}


def statements_of(engine: Engine, work: Callable[[Session], object]) -> list[Statement]:
    """Return what the work asks of the database; what it writes is undone."""
    asked: list[Statement] = []

    def remember(*given: object) -> None:
        asked.append((str(given[2]), given[3]))

    event.listen(engine, "before_cursor_execute", remember)
    try:
        with Session(engine) as session:
            work(session)
            session.flush()
            session.rollback()
    finally:
        event.remove(engine, "before_cursor_execute", remember)
    return [each for each in asked if each[0].startswith(("SELECT", "UPDATE"))]


def reads_of(engine: Engine, statements: list[Statement]) -> list[tuple[str, str, int]]:
    """Return how the statements read the tables that grow."""
    found: list[tuple[str, str, int]] = []
    with engine.connect() as connection:
        for statement, parameters in statements:
            explained = connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
            )
            found += scanned(explained.scalar_one()[0]["Plan"])
        connection.rollback()
    return [read for read in found if read[0] in GROWING]


@pytest.mark.parametrize("name", QUERIES)
def test_among_many_cases_no_query_reads_them_all(crowded: Engine, name: str) -> None:
    reads = reads_of(crowded, statements_of(crowded, QUERIES[name]))

    assert reads
    assert [read for read in reads if read[1] == "Seq Scan"] == []
    # Counting reads what is open; a search, its depth; the rest, a page.
    most = {
        "counts": OPEN_SHARE * MANY // 100,
        "the board": OPEN_SHARE * MANY // 100,
        "a page far down of a status": 2000,
        "figures of a day": 24 * 60,
        "the glance of the duty desk": 7 * 24 * 60,  # a week's reports, by class
        "what to remind of": OPEN_SHARE * MANY // 100,
        "counted cases": 2500,
        "late cases": 500,
        "urgent cases": 500,
    }
    limit = SEARCH_DEPTH if "search" in name else most.get(name, 200)
    assert max(rows for _, _, rows in reads) <= limit


def test_a_query_that_reads_them_all_would_be_noticed(crowded: Engine) -> None:
    def naive(session: Session) -> None:
        session.scalars(select(Case).where(Case.place_label == "建新东路7号")).all()

    ((table, scan, rows),) = reads_of(crowded, statements_of(crowded, naive))

    assert (table, scan, rows) == ("cases_cases", "Seq Scan", MANY)
