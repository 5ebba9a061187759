import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import steps
from local.steps import ALL_WELL, FAILED, PARTLY, Step

ECHO = "import sys\nprint(sys.argv[1:], sys.stdin.read())\n"
ENDS = "import sys\nsys.exit(sys.argv[1])\n"
BREAKS = "raise ValueError('broken')\n"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    for name, text in {"echo": ECHO, "ends": ENDS, "breaks": BREAKS}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def run(modules: Path, *todo: Step) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "local.steps"],
        env={**os.environ, "PYTHONPATH": str(modules), "PYTHONUTF8": "1"},
        input=steps.as_json(list(todo)),
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def test_each_command_gets_its_own_words_and_input(modules: Path) -> None:
    first = Step("1", ("echo", "a", "b"), given="密码")
    assert run(modules, first, Step("2", ("echo",))) == (ALL_WELL, "['a', 'b'] 密码\n[] \n")


def test_an_essential_failure_ends_it(modules: Path) -> None:
    status, said = run(modules, Step("数据库", ("ends", "no room")), Step("2", ("echo",)))
    assert status == FAILED
    assert said == "no room\n数据库：没有成功。\n"


def test_another_failure_is_told_and_passed_over(modules: Path) -> None:
    menu = Step("菜单", ("breaks",), is_essential=False)
    status, said = run(modules, menu, Step("2", ("echo",)))
    assert status == PARTLY
    assert said == "菜单：没有成功。\n[] \n"
