"""The 190 classes of problems: components (部件, C…) and events (事件, E…).

The four digits are main class and sub-class of the GB/T 30428.2 family as one city uses them; the
standard counts components and events apart, so a letter keeps the two 0101 apart. `classes.csv`
lists them with that city's example limits; what is marked local is not in the national standard.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from .errors import UnknownClass

_FILE = Path(__file__).with_name("classes.csv")


@dataclass(frozen=True)
class CaseClass:
    code: str
    main_class: str
    name: str
    name_en: str
    is_local: bool
    limits: str  # as the city's table words them, by condition

    @property
    def is_component(self) -> bool:
        """Tell a thing that somebody owns (部件) from an occurrence (事件)."""
        return self.code.startswith("C")


@cache
def classes() -> Mapping[str, CaseClass]:
    """Return all classes by code, in the order of the table."""
    with _FILE.open(encoding="utf-8", newline="") as lines:
        rows = [
            CaseClass(
                row["code"],
                row["main_class"],
                row["name"],
                row["name_en"],
                row["is_local"] == "1",
                row["limits"],
            )
            for row in csv.DictReader(lines)
        ]
    return MappingProxyType({row.code: row for row in rows})


def check_class(code: str | None) -> str | None:
    """Return the code if there is such a class, None for None; raise UnknownClass."""
    if code is not None and code not in classes():
        raise UnknownClass
    return code
