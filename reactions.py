"""What follows from what: the page to read first.

Each reaction runs in the transaction of the fact: all is committed together, or nothing.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from sqlalchemy.orm import Session

import accounts
import cases
import convenience
import exchange
import points
import wechat
from kernel.bus import Subscriptions

Words = Callable[[cases.CaseEvent], str]


class PointsEvent(Protocol):
    @property
    def citizen_id(self) -> int: ...


def _tell(session: Session, *, citizen_id: int, **notice: str | None) -> None:
    """Owe a resident a notice, unless he turned them off."""
    if accounts.privacy.wants_notices(session, citizen_id):
        wechat.owe(session, citizen_id=citizen_id, **notice)  # type: ignore[arg-type]  # handed on


def _tell_the_reporter(
    session: Session, event: cases.CaseEvent, *, title: str, words: Words, public_url: str
) -> None:
    """Tell whoever reported it or follows it, each under his own number and link."""
    for reporter in cases.reporters_of(session, event.case_id):
        own = "" if reporter.is_first else f":{reporter.citizen_id}"
        _tell(
            session,
            citizen_id=reporter.citizen_id,
            topic=f"case:{event.case_id}{own}",
            fact=f"case:{event.case_id}:{event.seq}{own}",
            subject=reporter.report_no,
            title=title,
            text=words(replace(event, report_no=reporter.report_no)),
            url=(
                wechat.case_url(public_url, reporter.report_no, reporter.access_key)
                if reporter.access_key
                else f"{public_url}/reports/{reporter.report_no}"
            ),
        )


def _ask_for_another_photo(session: Session, event: cases.PhotoUnusable) -> None:
    if event.citizen_id is None:
        return
    _tell(
        session,
        citizen_id=event.citizen_id,
        topic=f"photo:{event.photo_id}",
        fact=f"photo:{event.photo_id}",
        title="照片没收到",
        text=wechat.wording.photo_unusable(),
    )


def _award_points(session: Session, event: cases.CaseFiled) -> None:
    """Points are for reports that were filed: the first in full, who came after a token."""
    filed = cases.filed_report(session, event.case_id)
    if event.citizen_id is not None and filed.cell is not None:
        points.traces.see_report(
            session,
            citizen_id=event.citizen_id,
            report_no=event.report_no,
            spot=filed.cell,
            keys=points.keys.current(),
        )
    everybody = cases.reporters_of(session, event.case_id)
    # In the order of their numbers, as `award_for_report` asks for.
    for each in sorted(everybody, key=lambda reporter: reporter.citizen_id):
        _award(session, filed, each.citizen_id, each.report_no, is_first=each.is_first)


def _award_a_latecomer(session: Session, event: cases.CaseMerged) -> None:
    """Whose report becomes part of one that was filed already gets his token now."""
    into = cases.case_file(session, event.case_id).merged_into
    if event.citizen_id is None or into is None:
        return
    with suppress(cases.CaseNotFound):  # not filed yet: he is among the others when it is
        filed = cases.filed_report(session, into)
        _award(session, filed, event.citizen_id, event.report_no, is_first=False)


def _take_points_back(session: Session, event: cases.CaseVoided) -> None:
    """Take back what a case earned that is void after all; its reporters may appeal."""
    staff_id = cases.mover_of(session, event.case_id, event.seq)
    if staff_id is not None:
        points.reclaim_case(
            session,
            case_id=event.case_id,
            staff_id=staff_id,
            reason=f"案件已作废：{event.note}" if event.note else "案件已作废",
        )


def _award(
    session: Session, filed: cases.FiledReport, citizen_id: int, report_no: str, *, is_first: bool
) -> None:
    # What was decided stays decided, also when the case was given another class since.
    with suppress(points.KeyReused):
        points.award_for_report(
            session,
            citizen_id=citizen_id,
            case_id=filed.case_id,
            report_no=report_no,
            case_class=filed.class_code,
            is_first=is_first,
            filed_at=filed.filed_at,
            transfer_key=f"case:{filed.case_id}:{citizen_id}",
            source=filed.source,
            reported_at=filed.reported_at,
        )


def _tell_of_points(session: Session, event: PointsEvent, *, public_url: str) -> None:
    said = points.wording.said(event)
    _tell(
        session,
        citizen_id=event.citizen_id,
        topic=said.topic,
        # What has no name of its own happens once in its transaction.
        fact=said.fact or f"points:{uuid.uuid4()}",
        subject=said.subject,
        title=said.title,
        text=said.text,
        url=public_url + said.path,
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


def _tell_of_correction(
    session: Session, event: convenience.CorrectionSettled, *, public_url: str
) -> None:
    wechat.owe(
        session,
        citizen_id=event.citizen_id,
        topic=f"correction:{event.correction_id}",
        fact=f"correction:{event.correction_id}",
        title="纠错结果",
        text=wechat.news.correction(
            name=event.facility_name,
            wrong=event.wrong,
            is_right=event.is_right,
            answer=event.answer or "",
        ),
        url=f"{public_url}/facilities/{event.facility_code}",
    )


def subscriptions(
    public_url: str, report_prefix: str = "JB", *, gateway_from: str | None = None
) -> Subscriptions:
    """Return the table: event -> reactions. A returned case stays our affair: nobody is told.

    `gateway_from` is the move with which a case is handed over to another platform, if there is one.
    """
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
        cases.CaseFedBack: ("已处置", lambda e: say.disposed(report_no=e.report_no, note="")),
        cases.CaseReworked: ("返工", lambda e: say.reworked(report_no=e.report_no)),
        cases.CaseClosed: ("已办结", lambda e: say.closed(report_no=e.report_no)),
        cases.CaseVoided: (
            "已作废",
            lambda e: wechat.news.voided(report_no=e.report_no, reason=e.note or ""),
        ),
        cases.CaseForceClosed: (
            "已结束",
            lambda e: wechat.news.force_closed(report_no=e.report_no, reason=e.note or ""),
        ),
        cases.CaseExtended: (
            "延期",
            lambda e: wechat.news.extended(report_no=e.report_no, reason=e.note or ""),
        ),
        cases.CaseSuspended: (
            "暂缓",
            lambda e: wechat.news.suspended(report_no=e.report_no, reason=e.note or ""),
        ),
        cases.CaseMerged: ("并案", lambda e: wechat.news.merged(report_no=e.report_no)),
        cases.CaseReopened: ("重新办理", lambda e: wechat.news.reopened(report_no=e.report_no)),
        cases.CaseReadmitted: (
            "重新受理",
            lambda e: wechat.news.readmitted(report_no=e.report_no),
        ),
    }
    table: dict[type[object], list[Callable[[Session, Any], None]]] = {
        event: [partial(_tell_the_reporter, title=title, words=words, public_url=public_url)]
        for event, (title, words) in told.items()
    }
    table[cases.CaseFiled].append(_award_points)
    table[cases.CaseMerged].append(_award_a_latecomer)
    table[cases.CaseVoided].append(_take_points_back)
    for name, event in cases.OF_MOVE.items():
        others = table.setdefault(event, [])
        others.append(partial(exchange.tell, name=name, public_url=public_url))
        if gateway_from is not None:
            others.append(partial(exchange.note, name=name, begins_with=gateway_from))
    tell_of_points = partial(_tell_of_points, public_url=public_url)
    return {
        **table,
        cases.PhotoUnusable: [_ask_for_another_photo],
        convenience.FacilityBroken: [partial(_open_case, report_prefix=report_prefix)],
        convenience.CorrectionSettled: [partial(_tell_of_correction, public_url=public_url)],
        **{event: [tell_of_points] for event in points.wording.TOLD},
    }
