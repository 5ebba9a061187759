"""The table of faults in docs/points.md names tests that are there: for each fault, and each race."""

import ast
import re

import pytest

from tests.conftest import ROOT
from tests.points.naive import SCENES

ROW = re.compile(r"^\| (D\d+) \| [^|]+ \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
TABLE = ROW.findall((ROOT / "docs" / "points.md").read_text(encoding="utf-8"))
# Faults of two who come at once: each has code that fails without our locks and law.
RACES = {"D1", "D4", "D5", "D6", "D7", "D15", "D20", "D21", "D22", "D23"}


def functions(module: str) -> set[str]:
    path = ROOT / "tests" / "points" / f"test_{module}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_fault_has_its_line():
    assert [fault for fault, *_ in TABLE] == [f"D{number}" for number in range(1, 29)]


@pytest.mark.parametrize(("fault", "tests", "_control"), TABLE)
def test_each_line_names_tests_that_are_there(fault: str, tests: str, _control: str):
    named = re.findall(r"`(\w+)\.(test_\w+)`", tests)
    assert named or "`bench mutations`" in tests
    for module, function in named:
        assert function in functions(module), f"{fault}: {module}.{function}"


def test_each_race_has_its_naive_control():
    controls = {fault: control.strip() for fault, _, control in TABLE}
    assert {fault for fault, control in controls.items() if control} == RACES
    named = {each for control in controls.values() for each in re.findall(r"`([^`]+)`", control)}
    assert named == set(SCENES)
