"""What follows from what: the page to read first.

Each reaction runs in the transaction of the fact: all is committed together, or nothing.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

import cases
import convenience
import wechat
from kernel.bus import Subscriptions

Words = Callable[[cases.CaseEvent], str]


def _tell_the_reporter(
    session: Session, event: cases.CaseEvent, *, title: str, words: Words, public_url: str
) -> None:
    if event.citizen_id is None:
        return
    wechat.owe(
        session,
        citizen_id=event.citizen_id,
        topic=f"case:{event.case_id}",
        fact=f"case:{event.case_id}:{event.seq}",
        subject=event.report_no,
        title=title,
        text=words(event),
        url=wechat.case_url(public_url, event.report_no, event.access_key),
    )


def _ask_for_another_photo(session: Session, event: cases.PhotoUnusable) -> None:
    if event.citizen_id is None:
        return
    wechat.owe(
        session,
        citizen_id=event.citizen_id,
        topic=f"photo:{event.photo_id}",
        fact=f"photo:{event.photo_id}",
        title="照片没收到",
        text=wechat.wording.photo_unusable(),
    )


# The class of a kind of facility in the standard's catalogue; others are for the acceptor to say.
_CLASS_OF_KIND = {"toilet": "C0301"}


def _open_case(session: Session, event: convenience.FacilityBroken, *, report_prefix: str) -> None:
    """Make what is broken at a facility a case; the same word again is the same case."""
    said = f"：{event.note}" if event.note else ""
    cases.report(
        session,
        request_key=f"facility:{event.correction_id}",
        prefix=report_prefix,
        source="wechat" if event.citizen_id else "page",
        citizen_id=event.citizen_id,
        text=f"「{event.name}」设施损坏{said}",
        latitude=event.latitude,
        longitude=event.longitude,
        place_label=event.address or event.name,
        class_code=_CLASS_OF_KIND.get(event.kind),
    )


def subscriptions(public_url: str, report_prefix: str = "JB") -> Subscriptions:
    """Return the table: event -> reactions. A returned case stays our affair: nobody is told."""
    say = wechat.wording
    told: dict[type[cases.CaseEvent], tuple[str, Words]] = {
        cases.CaseFiled: ("已立案", lambda e: say.filed(report_no=e.report_no)),
        cases.CaseRefused: (
            "不予受理",
            lambda e: say.refused(report_no=e.report_no, reason=e.note or ""),
        ),
        cases.CaseDispatched: (
            "处置中",
            lambda e: say.dispatched(report_no=e.report_no, body_name=e.body_name or ""),
        ),
        cases.CaseDisposed: (
            "已处置",
            lambda e: say.disposed(report_no=e.report_no, note=e.note or ""),
        ),
        cases.CaseReworked: ("返工", lambda e: say.reworked(report_no=e.report_no)),
        cases.CaseClosed: ("已办结", lambda e: say.closed(report_no=e.report_no)),
    }
    table = {
        event: [partial(_tell_the_reporter, title=title, words=words, public_url=public_url)]
        for event, (title, words) in told.items()
    }
    return {
        **table,
        cases.PhotoUnusable: [_ask_for_another_photo],
        convenience.FacilityBroken: [partial(_open_case, report_prefix=report_prefix)],
    }
