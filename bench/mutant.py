"""Run tests on a server whose databases all lack one law, or on mutated code: for `bench.mutations`.

A child is forked for each law: it has everything imported already. Mutated code needs a process of
its own, which this module's `main` is.
"""

import importlib.machinery
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import CodeType

import alembic.command
import pytest

import local.postgres
from local.postgres import EmbeddedPostgres

OLD, NEW = "MUTANT_OLD", "MUTANT_NEW"
SPOILT = "the run itself went wrong: "


class FirstFailure:
    """A pytest plugin that remembers the first test that failed."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid.rsplit("/", 1)[-1]


def first_failure(data_dir: Path, template: str, tests: Sequence[str]) -> str:
    """Run tests on copies of the template database; return which failed first, "" for none."""
    _borrow(data_dir, template)
    seen, said = FirstFailure(), io.StringIO()
    with redirect_stdout(said):
        code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests], plugins=[seen])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or (code and not seen.name):
        return SPOILT + said.getvalue()[-2000:]
    return seen.name


def _borrow(data_dir: Path, template: str) -> None:
    """Make every database that the tests ask for a copy of the template."""

    class Borrowed(EmbeddedPostgres):
        def create_database(self, name: str) -> None:
            with self.connect("postgres") as connection:
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())

    @contextmanager
    def borrow(*, is_durable: bool = True) -> Iterator[EmbeddedPostgres]:
        yield Borrowed(data_dir, is_durable=is_durable)

    local.postgres.temporary_postgres = borrow
    if "tests.conftest" in sys.modules:  # it has taken the name already
        setattr(sys.modules["tests.conftest"], "temporary_postgres", borrow)  # noqa: B010 - a module has no such field to the type checker
    alembic.command.upgrade = lambda *_args, **_named: None  # the copies are migrated


def _mutate(name: str, old: str, new: str) -> None:
    """Let Python read this file with something else in the place of some words."""
    load = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: importlib.machinery.SourceFileLoader, module: str) -> CodeType | None:
        path = loader.get_filename(module)
        if not path.endswith(name):
            return load(loader, module)
        source = Path(path).read_text(encoding="utf-8")
        if old not in source:
            raise RuntimeError(f"nothing to mutate in {name}")
        return compile(source.replace(old, new), path, "exec")

    # setattr: to the type checker a method is not to be replaced, and here that is the point
    setattr(importlib.machinery.SourceFileLoader, "get_code", get_code)  # noqa: B010 - as said above


def main() -> None:
    data_dir, template, name, *tests = sys.argv[1:]
    _mutate(name, os.environ[OLD], os.environ[NEW])
    print(first_failure(Path(data_dir), template, tests))


if __name__ == "__main__":
    main()
