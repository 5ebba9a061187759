"""What the door tells of cases, and to whom.

Without a key one sees the bare course of requests, as each report's own page shows it to anybody.
`read` adds places, and questions by place; words, notes and photos may speak of persons and are for
`details`, and for whoever handed the request in.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from kernel import clock

from . import catalogue, rules
from .errors import Malformed, OutOfScope, UnknownRequest
from .keys import Caller
from .models import Receipt
from .rules import Scope

Row = dict[str, Any]


# How a photo's address is made; the edge knows.
PhotoUrl = Callable[[int], str]


def requests(
    session: Session, caller: Caller, asked: Mapping[str, str], photo_url: PhotoUrl
) -> list[Row]:
    """Return the requests that were asked for, newest first.

    Raises Malformed, UnknownService, KeyRequired, OutOfScope.
    """
    named = [each for each in asked.get("service_request_id", "").split(",") if each.strip()]
    if named:
        if len(named) > rules.MOST_NAMED:
            raise Malformed(f"一次最多查询 {rules.MOST_NAMED} 个编号。")
        return _rows(session, caller, cases.outward_named(session, named), photo_url)
    wanted = _wanted(asked)
    if wanted.around is not None:
        caller.must(Scope.READ)  # else asking again and again would find the place
    limit, offset = _page(asked)
    found = cases.outward_cases(session, wanted, limit=limit, offset=offset)
    return _rows(session, caller, found, photo_url)


def request(session: Session, caller: Caller, number: str, photo_url: PhotoUrl) -> list[Row]:
    """Return one request; raise UnknownRequest."""
    found = _rows(session, caller, cases.outward_named(session, [number]), photo_url)
    if not found:
        raise UnknownRequest
    return found


def updates(
    session: Session, caller: Caller, asked: Mapping[str, str], photo_url: PhotoUrl
) -> list[Row]:
    """Return the steps within a span, oldest first: of all cases, or of the caller's own."""
    sees_all = caller.may(Scope.READ)
    key_id = caller.id if sees_all else caller.must(Scope.REPORT)
    first, last = _ends(asked, "start_date", "end_date")
    within = rules.span(first, last, clock.now(), ("start_date", "end_date"))
    only = None if sees_all else select(Receipt.case_id).where(Receipt.key_id == key_id)
    limit, _ = _page(asked)
    moves = cases.outward_moves(session, within, only=only, limit=limit)
    own = _own(session, caller, [move.case_id for move in moves])
    rows = []
    for move in moves:
        sees_details = caller.may(Scope.DETAILS) or move.case_id in own
        said = cases.STATUS_WORDS[move.status]
        rows.append(
            {
                "update_id": f"{move.report_no}-{move.seq}",
                "service_request_id": move.report_no,
                "status": rules.update_word(move.status, move.refuse_reason),
                "updated_datetime": rules.written(move.at),
                "description": f"{said}：{move.note}" if sees_details and move.note else said,
                "media_url": photo_url(move.photo_ids[0])
                if sees_details and move.photo_ids
                else None,
                "external_status_code": str(move.status),
            }
        )
    return rows


def _rows(
    session: Session, caller: Caller, found: Iterable[cases.OutwardCase], photo_url: PhotoUrl
) -> list[Row]:
    found = tuple(found)
    own = _own(session, caller, [case.id for case in found])
    return [
        _row(
            case,
            photo_url,
            sees_place=caller.may(Scope.READ) or case.id in own,
            sees_details=caller.may(Scope.DETAILS) or case.id in own,
        )
        for case in found
    ]


def _row(
    case: cases.OutwardCase, photo_url: PhotoUrl, *, sees_place: bool, sees_details: bool
) -> Row:
    code, name = catalogue.code_and_name(case.class_code)
    said = cases.STATUS_WORDS[case.status]
    is_open = rules.is_open(case.status)
    return {
        "service_request_id": case.report_no,
        "status": "open" if is_open else "closed",
        "status_notes": f"{said}：{case.note}" if sees_details and case.note else said,
        "service_name": name,
        "service_code": code,
        "description": case.text if sees_details else None,
        "agency_responsible": case.body_name,
        "service_notice": None,
        "requested_datetime": rules.written(case.reported_at),
        "updated_datetime": rules.written(case.updated_at),
        "expected_datetime": rules.written(case.due_at) if case.due_at and is_open else None,
        "address": case.place_label if sees_details else None,
        "address_id": None,
        "zipcode": None,
        "lat": case.latitude if sees_place else None,
        "long": case.longitude if sees_place else None,
        "media_url": photo_url(case.photo_id) if sees_details and case.photo_id else None,
    }


def _own(session: Session, caller: Caller, case_ids: Sequence[int]) -> set[int]:
    if caller.id is None or not case_ids:
        return set()
    mine = select(Receipt.case_id).where(Receipt.case_id.in_(case_ids), Receipt.key_id == caller.id)
    return set(session.scalars(mine))


def _wanted(asked: Mapping[str, str]) -> cases.Wanted:
    now = clock.now()
    reported = _ends(asked, "start_date", "end_date")
    updated = _ends(asked, "updated_after", "updated_before")
    by_update = updated != (None, None)
    by_report = reported != (None, None) or not by_update
    codes = [code for code in asked.get("service_code", "").split(",") if code.strip()]
    return cases.Wanted(
        reported=rules.span(*reported, now, ("start_date", "end_date")) if by_report else None,
        updated=rules.span(*updated, now, ("updated_after", "updated_before"))
        if by_update
        else None,
        statuses=_statuses(asked.get("status", "")),
        class_codes=[catalogue.class_of(code) for code in codes],
        around=_around(asked),
    )


def _ends(
    asked: Mapping[str, str], first: str, last: str
) -> tuple[datetime | None, datetime | None]:
    begins, ends = (
        rules.read_instant(name, asked[name]) if asked.get(name) else None for name in (first, last)
    )
    return begins, ends


def _statuses(given: str) -> tuple[cases.Status, ...]:
    words = {word.strip().lower() for word in given.split(",") if word.strip()}
    if not words <= {"open", "closed"}:
        raise Malformed("status 只能是 open 或 closed。")
    if len(words) != 1:
        return ()
    return tuple(s for s in cases.Status if rules.is_open(s) == ("open" in words))


def _around(asked: Mapping[str, str]) -> tuple[float, float, float] | None:
    if not any(asked.get(name) for name in ("lat", "long", "radius")):
        return None
    latitude, longitude = place(asked, "lat", "long") or (None, None)
    if latitude is None or longitude is None:
        raise Malformed("lat 和 long 要一起给出。")
    radius = number("radius", asked.get("radius") or "100")
    if not 0 < radius <= rules.LARGEST_RADIUS_M:
        raise Malformed("radius 以米为单位，最多 10000。")
    return latitude, longitude, radius


def place(asked: Mapping[str, str], lat: str, long: str) -> tuple[float, float] | None:
    """Return a place in WGS-84 degrees, None where there is none; raise Malformed."""
    if not asked.get(lat) and not asked.get(long):
        return None
    latitude, longitude = (number(name, asked.get(name, "")) for name in (lat, long))
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Malformed("lat、long 应是 WGS-84 经纬度，以度为单位。")
    return latitude, longitude


def number(name: str, given: str) -> float:
    """Read a finite number; raise Malformed."""
    try:
        read = float(given) if len(given) < 40 else math.nan
    except ValueError:
        read = math.nan
    if not math.isfinite(read):
        raise Malformed(f"{name} 应是数字。")
    return read


def _page(asked: Mapping[str, str]) -> tuple[int, int]:
    """Return limit and offset; raise Malformed."""
    size = _whole("page_size", asked.get("page_size") or str(rules.MOST_ROWS))
    page = _whole("page", asked.get("page") or "1")
    size = min(size, rules.MOST_ROWS)
    if page * size > rules.DEEPEST_ROW:
        raise Malformed("翻得太深了，请缩短时间范围再查。")
    return size, (page - 1) * size


def _whole(name: str, given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given) > 0):
        raise Malformed(f"{name} 应是正整数。")
    return int(given)


def must_see(session: Session, caller: Caller, report_no: str) -> int:
    """Return the id of a case that the caller may speak of; raise UnknownRequest, OutOfScope."""
    case_id = cases.case_id_of(session, report_no)
    if case_id is None:
        raise UnknownRequest
    if case_id not in _own(session, caller, [case_id]) and not caller.may(Scope.READ):
        raise OutOfScope
    return case_id
