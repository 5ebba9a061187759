"""docs/dependencies.md has one line for each direct dependency, with the locked version."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def python_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"].values()
    listed = [*project["project"]["dependencies"], *(line for group in groups for line in group)]
    return {re.split(r"[\[<>=!~ ]", line)[0] for line in listed}


def locked() -> dict[str, set[str]]:
    """Map each direct dependency to its locked versions: an older Python may have an older one."""
    text = "".join(path.read_text() for path in ROOT.glob("requirements*.lock"))
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE):
        pins.setdefault(name, set()).add(version)
    package = json.loads((ROOT / "package.json").read_text())
    npm = {**package["dependencies"], **package["devDependencies"]}
    python = {name: pins.get(name, set()) for name in python_dependencies()}
    return python | {name: {version} for name, version in npm.items()}


def described() -> dict[str, str]:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    return {row[1].strip(): row[2].strip() for row in rows if row[1].strip() != "package"}


@pytest.mark.parametrize("name", sorted(locked()))
def test_each_dependency_has_its_line(name: str) -> None:
    assert described().get(name) in locked()[name]


def test_no_line_outlives_its_dependency() -> None:
    assert set(described()) - set(locked()) == set()
