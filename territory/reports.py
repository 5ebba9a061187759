"""What an import finds row by row, and what its plans have in common."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from .models import Area, Body
from .records import Row
from .shapes import Shape

_MOST_LINES = 2000  # of a report
FIELD_WORDS = {
    "name": "名称",
    "kind": "类型",
    "parent_code": "上级",
    "is_active": "启用",
    "shape": "范围",
    "area_code": "属地",
}


@dataclass
class Report:
    """What an import did, or would do; `lines` are (row, level, sentence): error or warning."""

    what: str
    read: int
    lines: list[tuple[int, str, str]] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    same: int = 0
    retired: int = 0
    changes: list[str] = field(default_factory=list)
    _refused: set[int] = field(default_factory=set)

    @property
    def refused(self) -> int:
        return len(self._refused)

    def refuse(self, line: int, sentence: str) -> None:
        self._refused.add(line)
        self._say(line, "error", sentence)

    def warn(self, line: int, sentence: str) -> None:
        self._say(line, "warning", sentence)

    def note(self, sentence: str) -> None:
        if len(self.changes) < _MOST_LINES:
            self.changes.append(sentence)

    def _say(self, line: int, level: str, sentence: str) -> None:
        if len(self.lines) < _MOST_LINES:
            self.lines.append((line, level, sentence))

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of it, and what two looks at the same file are compared by."""
        return {
            "what": self.what,
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "same": self.same,
            "retired": self.retired,
            "refused": self.refused,
            "lines": [list(each) for each in sorted(self.lines)],
            "changes": self.changes,
        }


@dataclass(frozen=True)
class Change:
    """What a row makes of an area or body."""

    line: int
    code: str
    values: dict[str, Any]
    shape: Shape | None = None


def refuse_doubles(report: Report, rows: Iterable[Row], key: Callable[[Row], object]) -> None:
    first: dict[object, int] = {}
    for row in rows:
        earlier = first.setdefault(key(row), row.line)
        if earlier != row.line:
            report.refuse(row.line, f"和第 {earlier} 行重复。")


def differs(kept: Area | Body | None, change: Change) -> bool:
    return kept is None or any(getattr(kept, k) != v for k, v in change.values.items())


def count_change(report: Report, kept: Area | Body | None, change: Change, words: str) -> None:
    name = f"{words} {change.values['name']}（{change.code}）"
    if kept is None:
        report.added += 1
    elif not differs(kept, change):
        report.same += 1
    elif kept.is_active and not change.values["is_active"]:
        report.retired += 1
        report.note(f"停用：{name}")
    else:
        report.changed += 1
        which = Counter(k for k, v in change.values.items() if getattr(kept, k) != v)
        said = [FIELD_WORDS[k] for k in which if k in FIELD_WORDS]
        report.note(f"更改：{name}：{'、'.join(dict.fromkeys(said))}")


def upsert(session: Session, model: type[Area | Body], values: dict[str, Any]) -> None:
    session.execute(
        insert(model)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["code"], set_={k: v for k, v in values.items() if k != "code"}
        )
    )
