"""With very many messages told and some owed, what is next is found by an index."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from exchange import filing, gateway, keys, outbox, reading
from exchange.outbox_models import Message
from local.postgres import EmbeddedPostgres
from tests.factories import throwaway_database

MANY = 20_000
FILL = """
INSERT INTO exchange_hooks (name, url, events, salt)
    VALUES ('甲', 'https://a.example/', '{*}', decode(repeat('00', 16), 'hex'));
INSERT INTO exchange_messages (hook_id, case_id, seq, event, body, state, settled_at)
    SELECT 1, n, 1, 'x', '{}', 'sent', now() FROM generate_series(1, :many) n;
INSERT INTO exchange_messages (hook_id, case_id, seq, event, body)
    SELECT 1, n, 2, 'x', '{}' FROM generate_series(1, :many, 500) n;
INSERT INTO exchange_handovers (case_id, number, status)
    SELECT n, 'n' || n, CASE WHEN n % 500 = 0 THEN NULL ELSE 'ended' END
    FROM generate_series(1, :many) n;
INSERT INTO exchange_receipts (case_id, key_id, fingerprint)
    SELECT n, 1 + n % 7, sha256(('x' || n)::bytea) FROM generate_series(1, :many) n;
"""
GROWING = {"exchange_messages", "exchange_handovers", "exchange_receipts"}
SENT = filing.read({"service_code": ["other"], "address_string": ["桥头"]}, None)


@pytest.fixture(scope="module")
def crowded(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with throwaway_database(postgres) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in FILL.split(";")[:-1]:
                connection.execute(text(statement.replace(":many", str(MANY))))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        yield engine
        engine.dispose()


def a_message(session: Session) -> outbox.Owed:
    found = session.get_one(Message, MANY + 1)
    return outbox.Owed(found.id, found.hook_id, found.case_id, found.seq, found.event, "{}", 1)


QUERIES: dict[str, Callable[[Session], object]] = {
    "what is due": outbox.due,
    "a claim": lambda session: outbox.claim(session, MANY + 1),
    "the next of a case": lambda session: outbox.settle(session, a_message(session)),
    "the desk's list": lambda session: outbox.listed(session, state="dead", before_id=9, limit=51),
    "what waits": outbox.waiting,
    "what is old": outbox.forget,
    "whom to ask": gateway.to_ask,
    "a sending again": lambda session: filing._earlier(session, 3, SENT, b"x" * 32),
    "one's own": lambda session: reading._own(session, keys.Caller(3), [1, 2, 3]),
}


def scanned(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "Relation Name" in plan:
        yield plan["Relation Name"], plan["Node Type"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


@pytest.mark.parametrize("name", QUERIES)
def test_no_table_that_grows_is_read_whole(crowded: Engine, name: str) -> None:
    asked: list[tuple[str, Any]] = []

    def remember(*given: object) -> None:
        asked.append((str(given[2]), given[3]))

    event.listen(crowded, "before_cursor_execute", remember)
    with Session(crowded) as session:
        QUERIES[name](session)
        session.rollback()
    event.remove(crowded, "before_cursor_execute", remember)
    scans = set()
    with crowded.connect() as connection:
        for statement, parameters in asked:
            found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            scans |= set(scanned(found.scalar_one()[0]["Plan"]))
        connection.rollback()
    assert scans
    assert {scan for scan in scans if scan[0] in GROWING and scan[1] == "Seq Scan"} == set()
