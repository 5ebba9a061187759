"""Runs several Python commands in one process: each alone would import the service anew.

Reads a JSON list of {"title", "argv", "given", "is_essential"} from standard input, and says what
becomes of each. Exit status 0: all well; 1: an essential one failed, the rest was not tried;
2: only others failed.
"""

import io
import json
import runpy
import sys
import traceback
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A module and its arguments, as for `python -m`; each may be repeated without harm."""

    title: str
    argv: tuple[str, ...]
    given: str = ""  # on standard input
    is_essential: bool = True


ALL_WELL, FAILED, PARTLY = 0, 1, 2


def as_json(steps: list[Step]) -> bytes:
    return json.dumps([asdict(step) for step in steps]).encode()


def main() -> int:
    outcome = ALL_WELL
    for fields in json.load(sys.stdin):
        step = Step(**fields)
        if _ends_well(step):
            continue
        print(f"{step.title}：没有成功。", flush=True)
        if step.is_essential:
            return FAILED
        outcome = PARTLY
    return outcome


def _ends_well(step: Step) -> bool:
    module, *_ = sys.argv = list(step.argv)
    sys.stdin = io.StringIO(step.given)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        if isinstance(ending.code, str):
            print(ending.code, flush=True)
        return ending.code in {None, 0}
    except Exception:  # noqa: BLE001  # whatever a command may raise; the others go on
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
