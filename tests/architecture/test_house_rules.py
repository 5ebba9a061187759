"""Rules of the house that no linter knows."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from cases import rules as case_rules
from tests.conftest import ROOT
from wechat import conversation, dialogue

SERVICE = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
APART = {"simulator", "local"}  # second programs: they have clocks and environments of their own


def sources(folders: set[str]) -> Iterator[Path]:
    for folder in sorted(folders):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield from sorted(ROOT.glob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Name what a module calls or reads as `a.b`; `a.b[...] = ` reads nothing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    written = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node not in written:
                yield f"{node.value.id}.{node.attr}", node.lineno
        elif isinstance(node, ast.ImportFrom):  # `from os import environ` is the same thing
            for name in node.names:
                yield f"{node.module}.{name.name}", node.lineno


def test_every_view_that_changes_something_is_guarded_or_signed(app: Flask):
    open_doors = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set())
        and getattr(app.view_functions[rule.endpoint], "open_to", None) == "everybody"
    }
    # Each with a reason: nobody is signed in yet, or residents have no accounts here.
    # `cases.speak`: the report's key, sent with the form, speaks for the reporter.
    assert open_doors <= {
        "console.check_in",
        "console.check_code",
        "convenience.report_wrong",
        "convenience.rate",
        "signs.file_report",
        "signs.file_plate",
        "reporting.take",
        "cases.speak",
    }


def test_every_package_is_under_the_import_contracts():
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(configuration["tool"]["importlinter"]["root_packages"]) == [
        package for package in sorted(SERVICE) if package not in {"bench", "docs", "tests"}
    ]


def test_modules_stay_short():
    long = {
        str(path.relative_to(ROOT)): length
        for path in sources({*SERVICE, "tests", "migrations", "docs", "bench"})
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize(
    ("forbidden", "allowed"),
    [
        (r"datetime\.(now|utcnow|today)|date\.today|time\.time$", "kernel/clock.py"),
        (r"os\.(environ|getenv)", "kernel/settings.py"),
    ],
)
def test_one_module_asks_for_the_time_and_one_for_the_environment(forbidden: str, allowed: str):
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources(set(SERVICE) - APART - {"bench"})
        for name, line in calls(path)
        if re.match(forbidden, name) and str(path.relative_to(ROOT)) != allowed
    ]
    assert offenders == []


def test_chat_and_cases_agree_on_the_most_photos_and_the_longest_text():
    assert conversation.MOST_PHOTOS == case_rules.MOST_PHOTOS
    assert dialogue.LONGEST_TEXT == case_rules.LONGEST_TEXT
