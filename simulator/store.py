"""Everything the platform remembers, in one SQLite file in the data folder."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

VERSION = 2
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE users (
    openid TEXT PRIMARY KEY, name TEXT NOT NULL, follows INTEGER NOT NULL, followed_at REAL,
    scene TEXT, blocks_notices INTEGER NOT NULL DEFAULT 0, heard_at REAL, typing_until REAL,
    created_at REAL NOT NULL, oauth TEXT NOT NULL DEFAULT 'grant'
);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, at REAL NOT NULL,
    sender TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, url TEXT, via TEXT,
    extra TEXT NOT NULL
);
CREATE INDEX messages_by_user ON messages (openid, id);
CREATE TABLE media (
    media_id TEXT PRIMARY KEY, type TEXT NOT NULL, mime TEXT NOT NULL, suffix TEXT NOT NULL,
    data BLOB NOT NULL, created_at REAL NOT NULL
);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, family TEXT NOT NULL, issued_at REAL NOT NULL, expires_at REAL NOT NULL,
    is_superseded INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE windows (
    openid TEXT NOT NULL, kind TEXT NOT NULL, opened_at REAL NOT NULL, sent INTEGER NOT NULL,
    PRIMARY KEY (openid, kind)
);
CREATE TABLE templates (
    template_id TEXT PRIMARY KEY, title TEXT NOT NULL, content TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'template'
);
CREATE TABLE consents (
    openid TEXT NOT NULL, template_id TEXT NOT NULL, left_over INTEGER NOT NULL,
    PRIMARY KEY (openid, template_id)
);
CREATE TABLE codes (
    code TEXT PRIMARY KEY, openid TEXT NOT NULL, scope TEXT NOT NULL, at REAL NOT NULL,
    is_used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE grants (
    access_token TEXT PRIMARY KEY, refresh_token TEXT NOT NULL UNIQUE, openid TEXT NOT NULL,
    scope TEXT NOT NULL, at REAL NOT NULL, refresh_at REAL NOT NULL
);
CREATE TABLE qrcodes (
    ticket TEXT PRIMARY KEY, scene TEXT NOT NULL, url TEXT NOT NULL, expires_at REAL
);
CREATE TABLE tickets (ticket TEXT PRIMARY KEY, type TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE rids (
    rid TEXT PRIMARY KEY, at REAL NOT NULL, url TEXT NOT NULL, errcode INTEGER NOT NULL,
    errmsg TEXT NOT NULL
);
CREATE TABLE quota_limits (endpoint TEXT PRIMARY KEY, daily INTEGER NOT NULL);
CREATE TABLE notices (
    msgid INTEGER PRIMARY KEY, openid TEXT NOT NULL, client_msg_id TEXT, at REAL NOT NULL
);
CREATE TABLE quota (
    day TEXT NOT NULL, endpoint TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (day, endpoint)
);
CREATE TABLE pushes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, kind TEXT NOT NULL,
    xml TEXT NOT NULL, at REAL NOT NULL, verdict TEXT NOT NULL DEFAULT 'pending', reason TEXT
);
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, push_id INTEGER NOT NULL, attempt INTEGER NOT NULL,
    at REAL NOT NULL, status INTEGER, ms INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT
);
CREATE INDEX attempts_by_push ON attempts (push_id);
"""
_WIPE = """
DELETE FROM users; DELETE FROM messages; DELETE FROM media; DELETE FROM tokens; DELETE FROM windows;
DELETE FROM templates; DELETE FROM notices; DELETE FROM quota; DELETE FROM pushes;
DELETE FROM attempts; DELETE FROM meta; DELETE FROM consents; DELETE FROM codes; DELETE FROM grants;
DELETE FROM qrcodes; DELETE FROM tickets; DELETE FROM rids; DELETE FROM quota_limits;
"""

Value = str | int | float | bytes | None


class Store:
    """One connection behind one lock: phones are few, and whole transactions stay simple."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = self._open(folder / "simulator.sqlite3")

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        def connect() -> sqlite3.Connection:
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            db.row_factory = sqlite3.Row
            return db

        db = connect()
        found = int(db.execute("PRAGMA user_version").fetchone()[0])
        if found not in (0, VERSION):
            # Phones of an earlier version are put aside, not deleted: they are only for trying out.
            db.close()
            path.rename(path.with_suffix(f".v{found}"))
            db = connect()
            found = 0
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if found == 0:
            db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        return db

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock and commit at the end; nesting joins the outer transaction."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def run(self, sql: str, *args: Value) -> int:
        """Execute one statement; return the id of the row it inserted."""
        with self._lock:
            return self._db.execute(sql, args).lastrowid or 0

    def one(self, sql: str, *args: Value) -> sqlite3.Row | None:
        with self._lock:
            row: sqlite3.Row | None = self._db.execute(sql, args).fetchone()
            return row

    def all(self, sql: str, *args: Value) -> Sequence[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, args).fetchall()

    def get(self, key: str, default: str = "") -> str:
        row = self.one("SELECT value FROM meta WHERE key = ?", key)
        return default if row is None else str(row["value"])

    def put(self, key: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value)

    def forget(self, key: str) -> None:
        self.run("DELETE FROM meta WHERE key = ?", key)

    def wipe(self) -> None:
        """Forget everything; ids go on counting, so that no id ever means two things."""
        with self.transaction():
            for statement in _WIPE.split(";"):
                self._db.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._db.close()
