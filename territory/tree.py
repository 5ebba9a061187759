"""How rows become areas: their levels, their parents, and outlines that do not overlap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock

from . import shapes
from .models import Area
from .records import Row
from .reports import Change, Report, count_change, differs, refuse_doubles, upsert
from .rules import AREA_WORDS, LEVEL_WORDS, LEVELS, LONGEST_NAME, is_code
from .shapes import Shape

# Cells of one level share borders; a share of the smaller one in common is an overlap.
MOST_OVERLAP = 0.01


@dataclass
class _Tree:
    """The tree as it is kept, and as it is going to be."""

    report: Report
    kept: dict[str, Area]
    changes: dict[str, Change]
    missing: list[str]  # codes that a complete file does not name

    def __post_init__(self) -> None:
        self.will_be = {code: (a.level, a.is_active) for code, a in self.kept.items()}
        for code, change in self.changes.items():
            self.will_be[code] = (change.values["level"], change.values["is_active"])
        for code in self.missing:
            self.will_be[code] = (self.kept[code].level, False)

    def write(self, session: Session) -> None:
        at = clock.now()
        differing = [c for c in self.changes.values() if differs(self.kept.get(c.code), c)]
        for change in sorted(differing, key=lambda each: each.values["level"]):
            upsert(session, Area, {"code": change.code, **change.values, "updated_at": at})
        for code in self.missing:
            self.kept[code].is_active = False
            self.kept[code].updated_at = at
        session.flush()

    def outlines(self) -> dict[str, tuple[int, Shape, str | None]]:
        """Return level, outline and parent of all that is going to be active and has an outline."""
        found = {
            code: (area.level, shapes.of_bytes(area.shape), area.parent_code)
            for code, area in self.kept.items()
            if area.shape and self.will_be[code][1]
        }
        for code, change in self.changes.items():
            if change.shape is not None and change.values["is_active"]:
                found[code] = (change.values["level"], change.shape, change.values["parent_code"])
        return found


def plan_areas(
    session: Session, report: Report, rows: Sequence[Row], *, is_complete: bool
) -> Callable[[Session], None]:
    """Look at each row, count what would change, and return what writes it."""
    kept = {area.code: area for area in session.scalars(select(Area))}
    refuse_doubles(report, rows, lambda row: row["code"])
    changes = {row["code"]: _area_change(row, kept.get(row["code"])) for row in rows}
    missing = _missing_areas(kept, changes) if is_complete else []
    tree = _Tree(report, kept, changes, missing)
    for change in changes.values():
        _check_area(tree, change)
    _check_children(tree)
    _check_shapes(tree)
    for code, change in changes.items():
        count_change(report, kept.get(code), change, AREA_WORDS[change.values["kind"]])
    for code in missing:
        report.retired += 1
        report.note(f"停用：{kept[code].name}（{code}）")
    return tree.write


def _area_change(row: Row, kept: Area | None) -> Change:
    parent = row["parent"] or (kept.parent_code if kept else None)
    values: dict[str, Any] = {
        "kind": row["kind"],
        "level": LEVELS[row["kind"]],
        "name": row["name"],
        "parent_code": parent or None,
        "is_active": True if row.is_active is None else row.is_active,
    }
    if row.shape is not None:
        values |= {"shape": shapes.as_bytes(row.shape), **shapes.box(row.shape)}
    return Change(row.line, row["code"], values, row.shape)


def _missing_areas(kept: dict[str, Area], changes: dict[str, Change]) -> list[str]:
    levels = {change.values["level"] for change in changes.values()}
    return [
        code
        for code, area in sorted(kept.items())
        if area.is_active and area.level in levels and code not in changes
    ]


def _check_area(tree: _Tree, change: Change) -> None:
    level, kept, report = change.values["level"], tree.kept.get(change.code), tree.report
    if not is_code(change.code, level):
        report.refuse(change.line, f"编码「{change.code[:30]}」不合{LEVEL_WORDS[level]}的写法。")
    if len(change.values["name"]) > LONGEST_NAME:
        report.refuse(change.line, f"名称太长，最多 {LONGEST_NAME} 个字。")
    if kept is not None and kept.level != level:
        was = LEVEL_WORDS[kept.level]
        report.refuse(change.line, f"编码 {change.code} 原来是{was}，级别不能改。")
    if level == 1:
        _check_root(tree, change)
    else:
        _check_parent(tree, change)


def _check_root(tree: _Tree, change: Change) -> None:
    if change.values["parent_code"]:
        tree.report.refuse(change.line, "区没有上级。")
    active = [code for code, (level, is_active) in tree.will_be.items() if level == 1 and is_active]
    if change.values["is_active"] and len(active) > 1:
        tree.report.refuse(change.line, "只能有一个区。")


def _check_parent(tree: _Tree, change: Change) -> None:
    level, parent = change.values["level"], change.values["parent_code"] or ""
    above, is_above_active = tree.will_be.get(parent, (0, False))
    if above != level - 1:
        words, named = LEVEL_WORDS[level - 1], parent[:30] or "没有写"
        tree.report.refuse(change.line, f"上级「{named}」不是{words}，或还没有导入。")
    elif change.values["is_active"] and not is_above_active:
        tree.report.refuse(change.line, f"上级 {parent} 已停用。")
    elif parent[:6] != change.code[:6]:
        tree.report.refuse(change.line, "编码的前六位和上级不同。")


def _check_children(tree: _Tree) -> None:
    """Nothing active may be left under what is retired."""
    for code, area in tree.kept.items():
        parent = area.parent_code
        if parent is None or code in tree.changes or not tree.will_be[code][1]:
            continue
        if not tree.will_be[parent][1]:
            line = tree.changes[parent].line if parent in tree.changes else 0
            words = f"{area.name}（{code}）还启用着，它的上级 {parent} 不能停用。"
            tree.report.refuse(line, words)


def _check_shapes(tree: _Tree) -> None:
    """Refuse cells that overlap one another, and warn of what sticks out of its parent."""
    new = {code for code, change in tree.changes.items() if change.shape is not None}
    if not new:
        return
    outlines = tree.outlines()
    for level in {tree.changes[code].values["level"] for code in new}:
        codes = [code for code, (its, _, _) in outlines.items() if its == level]
        for one, other, share in shapes.overlaps([outlines[code][1] for code in codes]):
            pair = sorted((codes[one], codes[other]), key=lambda code: code not in new)
            if pair[0] in new:
                _tell_overlap(tree.report, tree.changes[pair[0]].line, pair[1], share)
    for code in sorted(new & set(outlines)):
        _, shape, parent = outlines[code]
        if parent in outlines:
            outside = shapes.share_outside(shape, outlines[parent][1])
            if outside > MOST_OVERLAP:
                words = f"有 {outside:.0%} 在上级 {parent} 的范围以外。"
                tree.report.warn(tree.changes[code].line, words)


def _tell_overlap(report: Report, line: int, other: str, share: float) -> None:
    if share > MOST_OVERLAP:
        report.refuse(line, f"和 {other} 重叠 {share:.0%}：一个地方只能归一个。")
    elif share > MOST_OVERLAP / 100:
        report.warn(line, f"和 {other} 的边界略有重叠（{share:.2%}）。")
