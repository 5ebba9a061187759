"""Rules of the house that no linter knows."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from cases import rules as case_rules
from kernel import jobs
from kernel.settings import Settings
from tests.conftest import ROOT
from wechat import conversation, dialogue

SERVICE = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
APART = {"simulator", "local"}  # second programs: they have clocks and environments of their own


def sources(folders: set[str]) -> Iterator[Path]:
    for folder in sorted(folders):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield from sorted(ROOT.glob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Name what a module calls or reads as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}", node.lineno


def test_every_view_says_who_may_call_it(app: Flask):
    silent = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint != "static" and not hasattr(view, "open_to")
    ]
    assert silent == []


def test_every_view_that_changes_something_is_guarded_or_signed(app: Flask):
    open_doors = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set())
        and getattr(app.view_functions[rule.endpoint], "open_to", None) == "everybody"
    }
    # Each with a reason: nobody is signed in yet, or residents have no accounts here.
    assert open_doors <= {"console.check_in", "convenience.correct"}


def test_every_job_has_a_sweeper_or_says_why_not():
    silent = [
        name
        for name, job in jobs.registered().items()
        if "weeper" not in (job.function.__doc__ or "")
    ]
    assert silent == []


def test_every_job_that_is_named_exists():
    named = set()
    for path in sources(set(SERVICE) - APART):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'"([a-z]+\.[a-z]+_?[a-z_]*)"', text)) & {
            word
            for call in re.findall(r"(?:enqueue|send)\(([^)]*)\)", text)
            for word in re.findall(r'"([a-z.]+_?[a-z_.]*)"', call)
        }
    assert named <= set(jobs.registered())


def test_every_package_is_under_the_import_contracts():
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(configuration["tool"]["importlinter"]["root_packages"]) == [
        package for package in sorted(SERVICE) if package not in {"bench", "docs", "tests"}
    ]


def test_modules_stay_short():
    long = {
        str(path.relative_to(ROOT)): length
        for path in sources({*SERVICE, "tests", "migrations", "docs", "bench"})
        if "versions" not in path.parts
        and (length := len(path.read_text(encoding="utf-8").splitlines())) > 400
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


def test_no_page_loads_anything_from_another_host():
    pages = [*ROOT.glob("*/templates/**/*.html"), *(ROOT / "static").glob("*.css")]
    pages += [*(ROOT / "static").glob("*.js"), *(ROOT / "simulator" / "static").glob("*")]
    assert len(pages) > 10
    loading = re.compile(
        r"""(?:src=|<link[^>]+href=|url\(|import\s.*from\s)["']?\s*(?:https?:)?//"""
    )
    assert [str(page) for page in pages if loading.search(page.read_text(encoding="utf-8"))] == []


def test_every_setting_is_explained_in_the_example():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    missing = [
        name
        for name in Settings.model_fields
        if not re.search(rf"^#? ?BAIXING_{name.upper()}=", example, re.MULTILINE)
    ]
    assert missing == []
    unknown = {
        name
        for name in re.findall(r"^#? ?BAIXING_(\w+)=", example, re.MULTILINE)
        if name.lower() not in Settings.model_fields
    }
    assert unknown == set()


def test_chat_and_cases_agree_on_the_most_photos_and_the_longest_text():
    assert conversation.MOST_PHOTOS == case_rules.MOST_PHOTOS
    assert dialogue.LONGEST_TEXT == case_rules.LONGEST_TEXT
