"""A request handed in at the door becomes a case: once, however often it is sent.

A client that names its request (`Idempotency-Key`, or an attribute of `catalogue.REFERENCES`) gets
the same case for the same name, for ever. One that does not is known by the content: the same again
within a day is the first one sent again, as clients do after an answer was lost.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import cases
from kernel import clock, jobs

from . import catalogue, reading, rules
from .errors import Malformed, ReferenceReused
from .keys import Caller
from .models import Medium, Receipt
from .rules import Scope

FETCH = "exchange.fetch_medium"  # the job's name

SENT_AGAIN_WITHIN = timedelta(days=1)
_MOST_PHOTOS = 9
_CUT = 2000  # of a description; the rest is kept as words added


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request as it came, read and checked."""

    class_code: str | None
    text: str | None
    latitude: float | None
    longitude: float | None
    address: str | None
    phone: str | None
    is_urgent: bool
    media_urls: tuple[str, ...]
    reference: str | None
    is_strict: bool  # whether the reference may stand for one content only

    @property
    def fingerprint(self) -> bytes:
        return rules.fingerprint(
            (
                self.class_code,
                self.text,
                self.latitude,
                self.longitude,
                self.address,
                self.is_urgent,
                *self.media_urls,
            )
        )


def read(form: Mapping[str, Sequence[str]], idempotency_key: str | None) -> Sent:
    """Read a form; raise Malformed, UnknownService.

    Names and e-mail addresses of reporters are not taken: nobody here could use them. A telephone
    number is for the desk alone.
    """
    said = {name: values[0].strip() for name, values in form.items() if values}
    if not said.get("service_code"):
        raise Malformed("缺少 service_code。")
    where = reading.place(said, "lat", "long")
    address = said.get("address_string") or said.get("address_id")
    if where is None and not address:
        raise Malformed("请给出 lat 和 long，或者 address_string。")
    text = said.get("description", "").replace("\r\n", "\n")
    if len(text) > rules.LONGEST_DESCRIPTION:
        raise Malformed("description 最多 4000 个字符。")
    urls = tuple(url.strip() for url in form.get("media_url", ()) if url.strip())
    if len(urls) > _MOST_PHOTOS or any(not _is_address(url) for url in urls):
        raise Malformed("media_url 应是 http 或 https 地址，最多 9 个。")
    reference = idempotency_key or next(
        (said[name] for each in catalogue.REFERENCES if said.get(name := f"attribute[{each}]")),
        None,
    )
    if reference is not None and not (len(reference) <= 200 and reference.isprintable()):
        raise Malformed("编号最多 200 个字符。")
    return Sent(
        class_code=catalogue.class_of(said["service_code"]),
        text=text or None,
        latitude=where[0] if where else None,
        longitude=where[1] if where else None,
        address=address,
        phone=said.get("phone"),
        is_urgent=said.get("attribute[urgent]", "").lower() in {"yes", "true", "1"},
        media_urls=urls,
        reference=reference,
        is_strict=idempotency_key is not None,
    )


def _is_address(url: str) -> bool:
    return url.startswith(("http://", "https://")) and len(url) <= 2000 and url.isprintable()


def file(
    session: Session,
    caller: Caller,
    sent: Sent,
    *,
    prefix: str,
    pictures: Sequence[cases.Picture] = (),
) -> str:
    """Make a case of it, and return its number; the same again returns the same.

    Raises KeyRequired, OutOfScope, ReferenceReused, EmptyReport, BadPhone.
    """
    key_id = caller.must(Scope.REPORT)
    print_ = rules.fingerprint([sent.fingerprint.hex(), *(p.sha256 for p in pictures)])
    _take_turn(session, key_id, sent.reference or print_.hex())
    earlier = _earlier(session, key_id, sent, print_)
    if earlier is not None:
        return earlier
    text = sent.text
    made = cases.report(
        session,
        request_key=f"open311:{key_id}:{secrets.token_hex(16)}",
        prefix=prefix,
        source=caller.source,
        citizen_id=None,
        # A sensor's or a camera's report may have no words.
        text=text[:_CUT] if text else catalogue.code_and_name(sent.class_code)[1],
        latitude=sent.latitude,
        longitude=sent.longitude,
        place_label=sent.address,
        pictures=pictures,
        is_urgent=sent.is_urgent,
        class_code=sent.class_code,
        contact_phone=sent.phone,
    )
    session.add(
        Receipt(case_id=made.case_id, key_id=key_id, reference=sent.reference, fingerprint=print_)
    )
    session.flush()
    if text and len(text) > _CUT:
        cases.add_from_elsewhere(
            session,
            case_id=made.case_id,
            said_by=caller.name,
            request_key=f"open311:{made.case_id}:rest",
            text=text[_CUT:],
        )
    fetch(session, key_id, made.case_id, sent.media_urls)
    return made.report_no


def _earlier(session: Session, key_id: int, sent: Sent, print_: bytes) -> str | None:
    query = select(Receipt).where(Receipt.key_id == key_id)
    if sent.reference is not None:
        query = query.where(Receipt.reference == sent.reference)
    else:
        query = query.where(
            Receipt.reference.is_(None),
            Receipt.fingerprint == print_,
            Receipt.at > clock.now() - SENT_AGAIN_WITHIN,
        ).limit(1)
    found = session.scalar(query)
    if found is None:
        return None
    if sent.is_strict and found.fingerprint != print_:
        raise ReferenceReused
    case = cases.outward_case(session, found.case_id)
    return case.report_no if case else None


def _take_turn(session: Session, key_id: int, name: str) -> None:
    """Let one of two sendings at once wait for the other, and then find its receipt."""
    turn = func.hashtextextended(f"open311 {key_id} {name}", 0)
    session.execute(select(func.pg_advisory_xact_lock(turn)))


def addresses_of(urls: Sequence[str]) -> list[str]:
    """Return those that may be addresses of photos, as many as are taken."""
    return [url for url in urls if _is_address(url)][:_MOST_PHOTOS]


def fetch(session: Session, key_id: int, case_id: int, urls: Sequence[str]) -> None:
    """Have photos fetched by a job; the same address again is once."""
    for url in dict.fromkeys(urls):
        medium_id = session.scalar(
            insert(Medium)
            .values(case_id=case_id, key_id=key_id, url=url)
            .on_conflict_do_nothing()
            .returning(Medium.id)
        )
        if medium_id is not None:
            jobs.enqueue(session, FETCH, medium_id)
