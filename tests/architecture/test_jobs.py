"""Every job can be sent by its name, and is found again when its message is lost."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from kernel import jobs
from tests.conftest import ROOT

APART = {"simulator", "local", "tests", "bench", "migrations"}


def modules() -> Iterator[Path]:
    for package in sorted(ROOT.glob("*/__init__.py")):
        if package.parent.name not in APART:
            yield from sorted(package.parent.glob("*.py"))


def timetable() -> dict[str, tuple[str, float]]:
    """Read worker.py without running it: it would connect this process to everything."""
    for node in ast.parse((ROOT / "worker.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TIMETABLE":
            found: dict[str, tuple[str, float]] = ast.literal_eval(node.value)
            return found
    raise AssertionError("worker.py has no TIMETABLE")


def sent() -> Iterator[tuple[str, str]]:
    """Return every name given to `enqueue` or `send` of kernel.jobs, and where."""
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = imported(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (what := known.get(ast.unparse(node.func))):
                argument = node.args[1 if what == "enqueue" else 0]
                yield value_of(argument, path), f"{path.relative_to(ROOT)}:{node.lineno}"


def imported(tree: ast.Module) -> dict[str, str]:
    """Return how this module calls kernel.jobs' functions: {as written here: function}."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for name in node.names:
            if node.module == "kernel.jobs" and name.name in {"enqueue", "send"}:
                known[name.asname or name.name] = name.name
            if node.module == "kernel" and name.name == "jobs":
                known |= {
                    f"{name.asname or name.name}.{each}": each for each in ("enqueue", "send")
                }
    return known


def value_of(expression: ast.expr, path: Path) -> str:
    """Return a literal, or what a constant of the module (or of one it imports) stands for."""
    if isinstance(expression, ast.Constant):
        return str(expression.value)
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found: object = module
    for step in ast.unparse(expression).split("."):
        found = getattr(found, step)
    assert isinstance(found, str), f"{path}: {ast.unparse(expression)} is no constant name"
    return found


def test_every_job_that_is_sent_exists() -> None:
    found = list(sent())

    assert len(found) > 3
    assert [(name, where) for name, where in found if name not in jobs.registered()] == []


def test_every_job_of_the_timetable_exists_and_needs_nothing() -> None:
    lines = timetable()

    assert len(lines) > 2
    for name, seconds in lines.values():
        job = jobs.registered()[name]
        assert job.function.__code__.co_argcount == 0, name
        assert seconds > 0
    assert len({name for name, _ in lines.values()}) == len(lines)


def test_every_job_comes_again_or_names_the_sweeper_that_finds_its_row() -> None:
    ticking = {name for name, _ in timetable().values()}
    for name, job in jobs.registered().items():
        if name in ticking:
            continue  # the next tick does the same work
        named = re.search(r"Sweeper: `([\w.]+)`", job.function.__doc__ or "")
        assert named, f"{name} is not on the timetable and names no sweeper"
        package = name.partition(".")[0]
        sweepers = {
            other
            for other, sweeper in jobs.registered().items()
            if other == named[1]
            or (sweeper.function.__name__ == named[1] and other.startswith(package + "."))
        }
        assert sweepers & ticking, f"{name}: its sweeper {named[1]} is not on the timetable"


def test_a_jobs_name_says_its_package() -> None:
    for name, job in jobs.registered().items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
        assert name.partition(".")[0] == job.function.__module__.partition(".")[0]
