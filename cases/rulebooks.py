"""Books of rules that propose a body: which is in force, what its rules say, which are broken.

A book that went live never changes, so each process keeps what it read of it; what may change under
it (a body is closed, an area retired, a class dropped) is asked each time and never passed over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import territory

from .classes import classes
from .matching import Book, Line
from .route_models import Rule, RuleBook
from .wording import SOURCE_WORDS


@dataclass(frozen=True)
class RuleRow:
    """A rule as people read it; `fault` says why it is broken."""

    line: Line
    class_words: str
    place_words: str
    source_words: str
    time_words: str
    body_name: str
    note: str | None
    changed_by: int | None
    changed_at: datetime
    fault: str | None

    @property
    def reason(self) -> str:
        """Say what the rule is about: what it leaves open is not named."""
        named = (self.class_words, self.place_words, self.source_words, self.time_words)
        return "，".join(words for words in named if words) or "所有案件"


def live_book(session: Session) -> RuleBook | None:
    """Return the book in force: the newest that went live."""
    return session.scalar(
        select(RuleBook).where(RuleBook.state == "live").order_by(RuleBook.id.desc()).limit(1)
    )


def draft_book(session: Session) -> RuleBook | None:
    return session.scalar(select(RuleBook).where(RuleBook.state == "draft"))


def books(session: Session) -> tuple[tuple[RuleBook, int], ...]:
    """Return the newest fifty live books with the number of their rules."""
    count = select(func.count()).where(Rule.book_id == RuleBook.id).scalar_subquery()
    rows = session.execute(
        select(RuleBook, count)
        .where(RuleBook.state == "live")
        .order_by(RuleBook.id.desc())
        .limit(50)
    )
    return tuple((row[0], row[1]) for row in rows)


def lines_of(session: Session, book_id: int) -> tuple[Line, ...]:
    rows = session.scalars(select(Rule).where(Rule.book_id == book_id).order_by(Rule.no))
    return tuple(_line(rule) for rule in rows)


def _line(rule: Rule) -> Line:
    return Line(
        no=rule.no,
        body_id=rule.body_id,
        class_key=rule.class_key,
        area_code=rule.area_code,
        source=rule.source,
        from_minute=rule.from_minute,
        to_minute=rule.to_minute,
    )


_live: dict[tuple[int, int], Book] = {}


def live_rules(session: Session, book: RuleBook) -> Book:
    """Return the rules of a live book; the last one is kept, for it cannot change."""
    key = (book.id, book.revision)
    found = _live.get(key)
    if found is None:
        found = Book(lines_of(session, book.id))
        _live.clear()
        _live[key] = found
    return found


@lru_cache(maxsize=1024)
def has_class(key: str) -> bool:
    return any(code.startswith(key) for code in classes())


def faults(session: Session, lines: Iterable[Line]) -> dict[int, str]:
    """Return why rules are broken, by their numbers."""
    lines = tuple(lines)
    bodies = {line.body_id for line in lines}
    closed = bodies - territory.active_bodies(session, bodies)
    named = {line.area_code for line in lines if line.area_code is not None}
    retired = named - territory.active_codes(session, named)
    found = {}
    for line in lines:
        said = [
            words
            for words, is_so in (
                ("责任单位已停用", line.body_id in closed),
                ("地域已停用", line.area_code in retired),
                ("类别已不在表里", bool(line.class_key) and not has_class(line.class_key or "")),
            )
            if is_so
        ]
        if said:
            found[line.no] = "，".join(said)
    return found


def rules_of(
    session: Session, book_id: int, *, only: Iterable[int] | None = None
) -> tuple[RuleRow, ...]:
    """Return the rules of a book as people read them, by number; some of them if they are named."""
    wanted = select(Rule).where(Rule.book_id == book_id).order_by(Rule.no)
    if only is not None:
        wanted = wanted.where(Rule.no.in_(set(only)))
    rules = session.scalars(wanted).all()
    lines = {rule.no: _line(rule) for rule in rules}
    broken = faults(session, lines.values())
    names = territory.body_names(session, [rule.body_id for rule in rules])
    areas = territory.area_names(session, [rule.area_code for rule in rules if rule.area_code])
    return tuple(
        RuleRow(
            line=lines[rule.no],
            class_words=class_words(rule.class_key),
            place_words=areas.get(rule.area_code or "", ""),
            source_words=SOURCE_WORDS.get(rule.source or "", ""),
            time_words=time_words(rule.from_minute, rule.to_minute),
            body_name=names.get(rule.body_id, ""),
            note=rule.note,
            changed_by=rule.changed_by,
            changed_at=rule.changed_at,
            fault=broken.get(rule.no),
        )
        for rule in rules
    )


def class_words(key: str | None) -> str:
    """Say which classes a rule is about; nothing for all of them."""
    if not key:
        return ""
    if key in classes():
        return f"{key} {classes()[key].name}"
    if len(key) == 1:
        return "所有部件" if key == "C" else "所有事件"
    groups = (each.main_class for code, each in classes().items() if code.startswith(key))
    return f"{key} {next(groups, '（没有这一类）')}（整类）"


def time_words(from_minute: int | None, to_minute: int | None) -> str:
    if from_minute is None or to_minute is None:
        return ""
    said = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in (from_minute, to_minute)]
    return f"{said[0]} 到{'次日 ' if to_minute < from_minute else ' '}{said[1]}"
