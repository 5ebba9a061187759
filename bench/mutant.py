"""A pytest plugin: run the tests on a server whose databases all lack one law, or on mutated code.

`bench.mutations` sets the environment; nobody else uses this.
"""

import importlib.machinery
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

import alembic.command

import local.postgres
from local.postgres import EmbeddedPostgres

DATA, TEMPLATE, SOURCE = "MUTANT_DATA", "MUTANT_TEMPLATE", "MUTANT_SOURCE"


class _Borrowed(EmbeddedPostgres):
    """The server that the bench started; a new database is a copy of the mutated one."""

    def create_database(self, name: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{os.environ[TEMPLATE]}"'.encode()
            )


@contextmanager
def _borrow(*, is_durable: bool = True) -> Iterator[EmbeddedPostgres]:
    yield _Borrowed(Path(os.environ[DATA]), is_durable=is_durable)


def _nothing(*_args: object, **_named: object) -> None:
    """Migrate nothing: the copies are migrated."""


def _mutated(path: str) -> str | None:
    """Return the mutated source of this file, if it is the one."""
    name, _, change = os.environ.get(SOURCE, "").partition("\x01")
    if not name or not path.endswith(name):
        return None
    old, _, new = change.partition("\x01")
    source = Path(path).read_text(encoding="utf-8")
    if old not in source:
        raise RuntimeError(f"nothing to mutate in {name}")
    return source.replace(old, new)


_load = importlib.machinery.SourceFileLoader.get_code


def _get_code(loader: importlib.machinery.SourceFileLoader, name: str) -> CodeType | None:
    path = loader.get_filename(name)
    source = _mutated(path)
    return _load(loader, name) if source is None else compile(source, path, "exec")


if DATA in os.environ:  # the bench itself reads the names above, and stays whole
    local.postgres.temporary_postgres = _borrow
    alembic.command.upgrade = _nothing
    # setattr: to the type checker a method is not to be replaced, and here that is the point
    setattr(importlib.machinery.SourceFileLoader, "get_code", _get_code)  # noqa: B010
