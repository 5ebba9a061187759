"""What operators look at: facilities, how one came to what it is, imports, residents' corrections."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

import accounts

from .cards import CARD_COLUMNS, CARDS, Card
from .errors import CorrectionNotFound, ImportNotFound, MappingNotFound
from .models import FACTS, Change, Correction, Facility, Import, Kind, SavedMapping
from .rules import FLAG_WORDS, is_code

PAGE = 50
_MOST_FOUND = 200
CHANGES = 30
MOST_CHANGES = 3000
_BATCH = 2000

STATES = {"": "在用", "doubtful": "存疑", "removed": "已撤除"}
FACT_WORDS = {
    "kind": "类别", "name": "名称", "street": "街道或路名", "address": "地址", "latitude": "纬度",
    "longitude": "经度", "hours": "开放时间", "hours_fault": "开放时间（看不懂的原文）",
    "fee": "收费说明", **FLAG_WORDS, "gender": "男厕/女厕", "phone": "电话", "keeper": "管理单位",
    "capacity": "车位数/容量", "photo_key": "照片", "verified_on": "核实日期", "source": "来源",
    "is_demo": "演示", "removed_at": "撤除", "removal_reason": "撤除原因",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which facilities an operator wants to see."""

    kind: str | None = None
    state: str = ""
    search: str = ""
    after_id: int = 0


@dataclass(frozen=True)
class Page:
    cards: Sequence[Card]
    next_after_id: int | None
    is_cut: bool = False  # a search found more than is shown


def facilities(session: Session, wanted: Wanted) -> Page:
    """Return a page of facilities, newest first; of a search, the best matches."""
    if wanted.search:
        return _found(session, wanted)
    query = _chosen(wanted).order_by(Facility.id.desc()).limit(PAGE + 1)
    if wanted.after_id:
        query = query.where(Facility.id < wanted.after_id)
    cards = [Card(*row) for row in session.execute(query)]
    more = cards[PAGE - 1].id if len(cards) > PAGE else None
    return Page(cards[:PAGE], more)


def _chosen(wanted: Wanted) -> Select[Any]:
    query = select(*CARD_COLUMNS)
    if wanted.kind:
        query = query.where(Facility.kind == wanted.kind)
    if wanted.state == "removed":
        return query.where(Facility.removed_at.is_not(None))
    if wanted.state == "doubtful":
        query = query.where(Facility.is_doubtful)
    return query.where(Facility.removed_at.is_(None))


def _found(session: Session, wanted: Wanted) -> Page:
    """Look for a code, else for words among those in use."""
    if is_code(wanted.search):
        row = session.execute(
            select(*CARD_COLUMNS).where(Facility.code == wanted.search)
        ).one_or_none()
        if row is not None:
            return Page([Card(*row)], None)
    finder = CARDS.finder(session)
    query = finder.read(wanted.search)
    matches = finder.find(query.words or (wanted.search,), kind=wanted.kind or query.kind)
    ids = [match.entry.id for match in matches[: _MOST_FOUND + 1]]
    cards = [card for card in CARDS.of(session, ids[:_MOST_FOUND]) if card and _is_in(card, wanted)]
    return Page(cards, None, is_cut=len(ids) > _MOST_FOUND)


def _is_in(card: Card, wanted: Wanted) -> bool:
    return wanted.state != "doubtful" or card.is_doubtful


def all_of(session: Session, wanted: Wanted) -> Iterator[Card]:
    """Give every facility of a kind and state, by id, a batch at a time."""
    last = 0
    while True:
        query = _chosen(wanted).where(Facility.id > last).order_by(Facility.id).limit(_BATCH)
        cards = [Card(*row) for row in session.execute(query)]
        yield from cards
        if len(cards) < _BATCH:
            return
        last = cards[-1].id


def revision_of(session: Session, facility_id: int) -> int:
    return session.scalars(select(Facility.revision).where(Facility.id == facility_id)).one()


# -- how it came to what it is -------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A change: who, when, and what was before and after; `differences` is empty for an addition."""

    revision: int
    at: datetime
    who: str
    import_id: int | None
    differences: Sequence[tuple[str, str, str]]
    is_addition: bool


def history(session: Session, facility_id: int, most: int = CHANGES) -> tuple[list[Step], bool]:
    """Return the newest changes of a facility that still count, and whether there are older ones.

    What was undone is left out.
    """
    now = session.get_one(Facility, facility_id, populate_existing=True)
    changes = session.scalars(
        select(Change)
        .where(Change.facility_id == facility_id, Change.id <= now.revision)
        .order_by(Change.id.desc())
        .limit(most + 1)
    ).all()
    has_more, changes = len(changes) > most, changes[:most]
    names = accounts.staff_names(session, [c.staff_id for c in changes if c.staff_id])
    after: dict[str, Any] = {name: getattr(now, name) for name in FACTS}
    steps, expected = [], now.revision
    for change in changes:
        if change.id != expected:
            continue  # undone, and another came in its place
        before = change.before
        differences = [] if before is None else _differences(before, after)
        who = (
            f"第 {change.import_id} 次导入" if change.import_id else names.get(change.staff_id or 0)
        )
        steps.append(
            Step(change.id, change.at, who or "系统", change.import_id, differences, before is None)
        )
        if before is None:
            break
        after, expected = before, int(str(before["revision"]))
    return steps, has_more


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (FACT_WORDS[name], _shown(before.get(name)), _shown(after.get(name)))
        for name in FACTS
        if name in FACT_WORDS and _shown(before.get(name)) != _shown(after.get(name))
    ]


def _shown(value: object) -> str:
    if value is None:
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return f"{value:.7f}"
    text = str(value)
    return text[:10] if len(text) > 18 and text[4:5] == "-" and text[10:11] == "T" else text


# -- kinds and mappings --------------------------------------------------------------------


def kinds(session: Session) -> Sequence[Kind]:
    """Return all kinds, also those not in use."""
    return session.scalars(select(Kind).order_by(Kind.position, Kind.code)).all()


def saved_mappings(session: Session) -> list[str]:
    return list(session.scalars(select(SavedMapping.name).order_by(SavedMapping.name)))


def saved_mapping(session: Session, name: str) -> str:
    """Return a saved mapping as TOML; raise MappingNotFound."""
    found = session.get(SavedMapping, name)
    if found is None:
        raise MappingNotFound
    return found.toml


# -- imports -------------------------------------------------------------------------------


def imports(
    session: Session, *, before_id: int = 0, limit: int = PAGE
) -> tuple[Sequence[Import], int | None]:
    """Return a page of imports, newest first, and what the next page begins before."""
    query = select(Import).order_by(Import.id.desc()).limit(limit + 1)
    if before_id:
        query = query.where(Import.id < before_id)
    rows = session.scalars(query).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def newest_applied(session: Session) -> int:
    """Return the import that may be undone, 0 where there is none."""
    newest = select(func.max(Import.id)).where(Import.state == "applied")
    return session.scalar(newest) or 0


def one_import(session: Session, import_id: int) -> Import:
    """Return an import; raise ImportNotFound."""
    found = session.get(Import, import_id)
    if found is None:
        raise ImportNotFound
    return found


# -- corrections ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A facility of which residents say that something is wrong, oldest word first."""

    card: Card
    corrections: Sequence[Correction]


def corrections(session: Session, limit: int = 30) -> tuple[list[Told], int]:
    """Return facilities with open corrections, longest waiting first, and how many words wait."""
    waiting = session.scalar(select(func.count()).where(Correction.state == "open")) or 0
    oldest = session.scalars(
        select(Correction.facility_id)
        .where(Correction.state == "open")
        .group_by(Correction.facility_id)
        .order_by(func.min(Correction.id))
        .limit(limit)
    ).all()
    rows = session.scalars(
        select(Correction)
        .where(Correction.state == "open", Correction.facility_id.in_(oldest))
        .order_by(Correction.id)
    ).all()
    found = session.execute(select(*CARD_COLUMNS).where(Facility.id.in_(oldest)))
    cards = {row.id: Card(*row) for row in found}
    return [
        Told(cards[one], [row for row in rows if row.facility_id == one]) for one in oldest
    ], waiting


def card_of_correction(session: Session, correction_id: int) -> Card:
    """Return the facility that a word is about; raise CorrectionNotFound."""
    row = session.execute(
        select(*CARD_COLUMNS)
        .join(Correction, Correction.facility_id == Facility.id)
        .where(Correction.id == correction_id)
    ).one_or_none()
    if row is None:
        raise CorrectionNotFound
    return Card(*row)
