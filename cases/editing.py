"""Changing the rules that propose a body: one draft, tried out before it goes live."""

from dataclasses import replace

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import territory
from kernel import clock

from .errors import NoSuchRule, RulesChanged, RulesClash, RulesUntried, TooManyRules, UnfitRule
from .matching import Line, clash
from .route_models import Rule, RuleBook
from .rulebooks import draft_book, has_class, lines_of, live_book
from .rules import SOURCES

MOST_RULES = 2000
_COLUMNS = ("class_key", "area_code", "source", "from_minute", "to_minute", "body_id", "note")


def begin_draft(session: Session, staff_id: int | None) -> RuleBook:
    """Return the draft; where there is none, a copy of what is in force."""
    live = live_book(session)
    made = session.scalar(
        insert(RuleBook).values(made_by=staff_id).on_conflict_do_nothing().returning(RuleBook.id)
    )
    if made is not None and live is not None:
        columns = ["no", *_COLUMNS, "changed_by", "changed_at"]
        copied = select(made, *(getattr(Rule, each) for each in columns)).where(
            Rule.book_id == live.id
        )
        session.execute(insert(Rule).from_select(["book_id", *columns], copied))
    found = draft_book(session)
    if found is None:  # it went live between the two statements
        raise RulesChanged
    return found


def locked_draft(session: Session, seen_revision: int | None) -> RuleBook:
    """Return the draft, for us alone; raise RulesChanged when it is not what was seen."""
    found = session.scalar(
        select(RuleBook)
        .where(RuleBook.state == "draft")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None or (seen_revision is not None and found.revision != seen_revision):
        raise RulesChanged
    return found


def set_rule(
    session: Session,
    *,
    staff_id: int | None,
    seen_revision: int,
    line: Line,
    note: str | None = None,
) -> int:
    """Write a rule of the draft, a new one for number 0; return its number.

    Raises RulesChanged, NoSuchRule, UnfitRule, RulesClash or TooManyRules.
    """
    book = locked_draft(session, seen_revision)
    kept = lines_of(session, book.id)
    if line.no and line.no not in {each.no for each in kept}:
        raise NoSuchRule
    if not line.no:
        newest = session.scalar(select(func.max(Rule.no)))
        line = replace(line, no=(newest or 0) + 1)
        if len(kept) >= MOST_RULES:
            raise TooManyRules
    _check(session, line)
    other = clash(line, kept)
    if other is not None:
        raise RulesClash(f"和第 {other.no} 条说的是同样的案件、同样的时间，请合成一条。")
    values = {name: getattr(line, name) for name in _COLUMNS if name != "note"}
    values |= {"note": note or None, "changed_by": staff_id, "changed_at": clock.now()}
    session.execute(
        insert(Rule)
        .values(book_id=book.id, no=line.no, **values)
        .on_conflict_do_update(index_elements=["book_id", "no"], set_=values)
    )
    book.revision += 1
    session.flush()
    return line.no


def _check(session: Session, line: Line) -> None:
    """Raise UnfitRule for what cannot be meant; what broke later is shown, not refused."""
    if line.class_key and not has_class(line.class_key):
        raise UnfitRule("没有这个类别，请从表里选。")
    if line.source is not None and line.source not in SOURCES:
        raise UnfitRule("没有这个来源，请从表里选。")
    if territory.body_name(session, line.body_id) is None:
        raise UnfitRule("请选择一个启用的责任单位。")
    if line.area_code is not None and line.area_code not in territory.active_codes(
        session, [line.area_code]
    ):
        raise UnfitRule("没有这个地域，或者它已经停用：请写街道、社区或网格的编码。")
    if line.from_minute is not None and line.from_minute == line.to_minute:
        raise UnfitRule("起止时间不能相同；全天有效就都不填。")


def drop_rule(session: Session, *, seen_revision: int, no: int) -> None:
    """Take a rule out of the draft; raise RulesChanged or NoSuchRule."""
    book = locked_draft(session, seen_revision)
    rule = session.get(Rule, (book.id, no))
    if rule is None:
        raise NoSuchRule
    session.delete(rule)
    book.revision += 1
    session.flush()


def discard_draft(session: Session, *, seen_revision: int) -> None:
    """Forget the draft; what is in force stays."""
    book = locked_draft(session, seen_revision)
    session.execute(delete(Rule).where(Rule.book_id == book.id))
    session.delete(book)
    session.flush()


def go_live(
    session: Session, *, staff_id: int | None, seen_revision: int, note: str | None = None
) -> int:
    """Put the draft in force; raise RulesChanged, or RulesUntried unless just this was tried out."""
    book = locked_draft(session, seen_revision)
    if book.tried_revision != book.revision:
        raise RulesUntried
    book.state, book.live_by, book.live_at = "live", staff_id, clock.now()
    book.note = (note or "").strip()[:200] or None
    session.flush()
    return book.id
