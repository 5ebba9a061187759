"""Prepared statements that travel together, for the one door whose milliseconds count.

A statement through the ORM costs this process ten times what it costs the server. Here statements are
written once with SQLAlchemy, by the same tables as everywhere else, prepared once a connection, and
sent several in one trip (libpq's pipeline). Every transaction is a whole one with the default
durability; its commit travels with the last statements.

Whoever takes this way must have another one: anything out of the ordinary (a connection that died, a
server that is slow) raises, and nothing that was done in the transaction stands, but for a commit
whose answer was lost.
"""

import json
import os
import select
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from psycopg import pq
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, ClauseElement, Connection, Engine
from sqlalchemy.dialects.postgresql.base import PGDialect

Row = tuple[bytes | None, ...]

PATIENCE_S = 0.6  # of one trip; the slow way must still fit into what the asker waits
# What this process gave up must not go on in the server, and hold a lock there.
_OPTIONS = (
    "-c timezone=UTC -c jit=off -c statement_timeout=600 -c lock_timeout=600"
    " -c idle_in_transaction_session_timeout=5000"
)
_KEPT = 8  # connections that wait for their next use
_IN_ORDER = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


class TripFailed(Exception):
    """The server did not answer in time, or not with what was asked for."""


class Statement:
    """A statement with named parameters, in the server's own notation."""

    def __init__(self, name: str, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=PGDialect(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]  # SQLAlchemy's own
        self.name = name.encode()
        self.sql = str(compiled).encode()
        self._order = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]  # of SQL's compiler
        self._fixed = {key: value for key, value in compiled.params.items() if value is not None}

    def values(self, given: Mapping[str, object]) -> list[bytes | None]:
        """Return the parameters in their order; raise KeyError for one that was not given."""
        fixed = self._fixed
        return [
            _written(given[name] if name in given else fixed[name])
            for name in self._order  # a name that is nowhere is a defect
        ]


def _written(value: object) -> bytes | None:
    match value:
        case None:
            return None
        case str():
            return value.encode()
        case bool():
            return b"t" if value else b"f"
        case int():
            return b"%d" % value
        case datetime():
            return value.isoformat().encode()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False).encode()
    raise TypeError(type(value).__name__)


class Plain:
    """A command without parameters."""

    def __init__(self, name: str, sql: bytes) -> None:
        self.name = name.encode()
        self.sql = sql

    def values(self, _given: Mapping[str, object]) -> list[bytes | None]:
        return []


Asked = tuple[Statement | Plain, Mapping[str, object]]

_MARK = "SAVEPOINT trip"


def _command(words: str) -> Asked:
    return Plain(words.lower(), words.encode()), {}


_OF_OURS = (_command("BEGIN"), _command("COMMIT"), _command("ROLLBACK"))
_INSIDE = (_command(_MARK), _command(f"RELEASE {_MARK}"), _command(f"ROLLBACK TO {_MARK}"))


class Wire:
    """One connection, outside SQLAlchemy's pool."""

    def __init__(self, link: pq.abc.PGconn, *, is_inside: bool = False) -> None:
        """With `is_inside`, a transaction of somebody else's is around ours, and so is his driver."""
        self._link = link
        self._is_inside = is_inside
        self._prepared: set[bytes] = set()
        self._poll = select.poll()
        self._poll.register(link.socket, select.POLLIN)
        self._begin, self._commit, self._rollback = _INSIDE if is_inside else _OF_OURS
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Tell whether a transaction was begun and not ended."""
        return self._is_open

    def begin(self, *asked: Asked) -> list[list[Row]]:
        """Begin a transaction and return the statements' rows."""
        self._is_open = True
        return self._travel([self._begin, *asked])[1:]

    def commit(self, *asked: Asked) -> None:
        """Do the last statements and commit, or raise; the rows they return are dropped."""
        self._travel([*asked, self._commit])
        self._is_open = False

    def rollback(self) -> None:
        self._travel([self._rollback])
        self._is_open = False

    def close(self) -> None:
        self._link.finish()

    def _travel(self, asked: Sequence[Asked]) -> list[list[Row]]:
        link = self._link
        for statement, _ in asked:
            if not self._is_inside and statement.name not in self._prepared:
                self._prepare(statement)
        link.enter_pipeline_mode()
        try:
            for statement, given in asked:
                self._send(statement, given)
            link.pipeline_sync()
            link.flush()
            results = [self._result() for _ in asked]
            self._wait()
            link.get_result()  # the end of the pipeline
        finally:
            if link.transaction_status != pq.TransactionStatus.ACTIVE:
                link.exit_pipeline_mode()
        faults = [one for one in results if one.status not in _IN_ORDER]
        if faults:
            raise TripFailed((faults[0].error_field(pq.DiagnosticField.SQLSTATE) or b"").decode())
        return [_rows(one) for one in results]

    def _send(self, statement: Statement | Plain, given: Mapping[str, object]) -> None:
        if self._is_inside:  # the driver of the connection's owner forgets what was prepared
            self._link.send_query_params(statement.sql, statement.values(given))
        else:
            self._link.send_query_prepared(statement.name, statement.values(given))

    def _prepare(self, statement: Statement | Plain) -> None:
        made = self._link.prepare(statement.name, statement.sql)
        if made.status != pq.ExecStatus.COMMAND_OK:
            raise TripFailed(made.error_message.decode(errors="replace"))
        self._prepared.add(statement.name)

    def _result(self) -> pq.abc.PGresult:
        self._wait()
        result = self._link.get_result()
        if result is None:
            raise TripFailed("no answer")
        self._wait()
        self._link.get_result()  # ends this statement's results
        return result

    def _wait(self) -> None:
        """Wait for the next result with other threads at work: libpq itself would keep them waiting."""
        while self._link.is_busy():
            if not self._poll.poll(PATIENCE_S * 1000):
                raise TripFailed("slow")
            self._link.consume_input()


def _rows(result: pq.abc.PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [tuple(result.get_value(row, at) for at in columns) for row in range(result.ntuples)]


class Wires:
    """The connections of this process; threads share them, each at work alone."""

    def __init__(self, bind: Engine | Connection) -> None:
        self._bind = bind
        self._idle: deque[Wire] = deque(maxlen=_KEPT)
        self._owner = os.getpid()

    @contextmanager
    def lend(self) -> Iterator[Wire]:
        """Lend one; what was not committed at the end is rolled back."""
        wire = self._take()
        try:
            yield wire
            if wire.is_open:
                wire.rollback()
        except BaseException:
            # Whatever state it is in: a new one costs a few milliseconds, once.
            self._end(wire)
            raise
        self._idle.append(wire)

    def _take(self) -> Wire:
        if self._owner != os.getpid():  # forked: the connections belong to who made them
            self._idle, self._owner = deque(maxlen=_KEPT), os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return self._made()

    def _made(self) -> Wire:
        if isinstance(self._bind, Engine):
            return Wire(_connected(self._bind.url))
        self._bind.exec_driver_sql("SELECT 1")  # its driver begins with its first statement
        driver: Any = self._bind.connection.driver_connection
        return Wire(driver.pgconn, is_inside=True)

    def _end(self, wire: Wire) -> None:
        if isinstance(self._bind, Engine):
            wire.close()
        elif wire.is_open:
            wire.rollback()


def _connected(url: URL) -> pq.abc.PGconn:
    given: dict[str, Any] = url.translate_connect_args(username="user", database="dbname")
    given |= url.query
    options = f"{_OPTIONS} {given.pop('options', '')}".strip()
    words = make_conninfo(**{"connect_timeout": 2, **given, "options": options})
    link = pq.PGconn.connect(words.encode())
    if link.status != pq.ConnStatus.OK:
        raise TripFailed("no connection")
    return link
