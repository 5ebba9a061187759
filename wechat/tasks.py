"""Jobs of the door. Each reads, calls the platform with no transaction open, and writes."""

import logging
from datetime import timedelta

from sqlalchemy.orm import Session

import accounts
import cases
from kernel import clock
from kernel.database import transaction
from kernel.jobs import job, send
from kernel.settings import current

from . import client, handlers, media, notices, service, wording
from .client import (
    MediaGone,
    MediaTooLarge,
    NotAFollower,
    PlatformError,
    QuotaReached,
    WindowClosed,
)
from .handlers import house_of

log = logging.getLogger(__name__)

RAW_KEPT_DAYS = 7
_AFTER_MISCONFIGURATION = timedelta(minutes=10)


@job(media.FETCH)
def fetch_media(media_row: int) -> None:
    """Fetch a photo's bytes, clean and store them. Sweeper: `sweep`."""
    with transaction() as session:
        wanted = media.claim(session, media_row)
    if wanted is None:
        return
    try:
        data = client.current().fetch_media(wanted.media_id, limit=_limit(wanted))
        picture = cases.prepare(data) if wanted.photo_id is not None else None
    except (cases.NotAPicture, cases.PictureTooLarge, MediaTooLarge) as refusal:
        _give_up(wanted, "refused", type(refusal).__name__)
    except MediaGone:
        _give_up(wanted, "lost", "MediaGone")
    except PlatformError as trouble:
        with transaction() as session:
            is_waiting = media.postpone(session, wanted.id, fault=str(trouble))
        if not is_waiting:
            _give_up(wanted, "lost", str(trouble))
    else:
        with transaction() as session:
            _store(session, wanted, picture, data)
            media.settle(session, wanted.id, state="done")


def _limit(wanted: media.Wanted) -> int:
    return cases.LARGEST_PICTURE if wanted.photo_id is not None else cases.LARGEST_RECORDING


def _store(
    session: Session, wanted: media.Wanted, picture: cases.Picture | None, data: bytes
) -> None:
    if wanted.photo_id is not None and picture is not None:
        cases.store_photo(session, photo_id=wanted.photo_id, picture=picture)
    elif wanted.recording_id is not None:
        cases.store_recording(session, recording_id=wanted.recording_id, data=data)


def _give_up(wanted: media.Wanted, state: str, fault: str) -> None:
    with transaction() as session:
        if wanted.photo_id is not None:
            cases.give_up_photo(session, photo_id=wanted.photo_id, state=state)
        elif wanted.recording_id is not None:
            cases.give_up_recording(session, recording_id=wanted.recording_id, state=state)
        media.settle(session, wanted.id, state="given_up", fault=fault)
    log.warning("media %s %s: %s", wanted.id, state, fault)


@job(handlers.OFFER)
def offer_classes(citizen_id: int) -> None:
    """Send the classes as buttons, at most once: the answer had them as numbers. Sweeper: `sweep`."""
    with transaction() as session:
        buttons = handlers.offered(session, citizen_id)
        openid = accounts.citizen_openid(session, citizen_id) if buttons else None
    if openid is None:
        return
    try:
        client.current().send_menu(
            openid, head=wording.choices_head(), choices=buttons, tail=wording.choices_tail()
        )
    except PlatformError as trouble:
        log.info("buttons not sent: %s", trouble)


@job(notices.SEND)
def send_notice(notice_id: int) -> None:
    """Tell a resident one thing. Sweeper: `sweep`."""
    with transaction() as session:
        owed = notices.claim(session, notice_id)
        openid = accounts.citizen_openid(session, owed.citizen_id) if owed else None
    if owed is None:
        return
    try:
        if openid is None:
            raise NotAFollower(43004, "no longer a follower")
        _deliver(owed, openid)
    except PlatformError as trouble:
        log.info("notice %s: %s", notice_id, trouble)
        _react(owed, trouble)
    else:
        with transaction() as session:
            notices.settle(session, notice_id)


def _deliver(owed: notices.Owed, openid: str) -> None:
    """Write within the platform's window; outside it, by template where there is one."""
    text = owed.text if owed.url is None else f"{owed.text}\n{owed.url}"
    try:
        client.current().send_text(openid, text)
    except WindowClosed:
        if not current().wechat_template_id or owed.subject is None:
            raise
        _send_template(owed, openid, owed.subject)


def _send_template(owed: notices.Owed, openid: str, subject: str) -> None:
    settings = current()
    values = (subject, owed.title, f"{clock.in_city(clock.now()):%Y-%m-%d %H:%M}", "点开看办理经过")
    client.current().send_template(
        openid,
        template_id=settings.wechat_template_id,
        url=owed.url or "",
        data=dict(zip(settings.template_fields, values, strict=True)),
        client_msg_id=f"notice-{owed.id}",
    )


def _react(owed: notices.Owed, trouble: PlatformError) -> None:
    fault = str(trouble)
    with transaction() as session:
        if isinstance(trouble, NotAFollower):
            notices.give_up(session, owed.id, fault=fault)
        elif isinstance(trouble, WindowClosed):
            notices.park(session, owed.id, fault=fault)
        elif isinstance(trouble, QuotaReached) and trouble.is_daily:
            notices.postpone(session, owed.id, fault=fault, pause=clock.until_midnight())
        elif trouble.is_retryable:
            notices.postpone(session, owed.id, fault=fault)
        else:
            notices.postpone(session, owed.id, fault=fault, pause=_AFTER_MISCONFIGURATION)


@job("wechat.sweep")
def sweep() -> None:
    """Be the sweeper: find rows whose job was lost, or whose time has come."""
    with transaction() as session:
        wanted, owed = media.due(session), notices.due(session)
        deferred, waiting = service.deferred(session), handlers.owing_buttons(session)
    for media_row in wanted:
        send(media.FETCH, media_row)
    for notice_id in owed:
        send(notices.SEND, notice_id)
    for key in deferred:
        send("wechat.catch_up", key)
    for citizen_id in waiting:
        send(handlers.OFFER, citizen_id)


@job("wechat.catch_up")
def catch_up(key: str) -> None:
    """Handle a message that did not get its turn in time. Sweeper: `sweep`."""
    with transaction() as session:
        service.catch_up(session, key, house_of(current()))


@job("wechat.forget")
def forget() -> None:
    """Drop the words of old messages. No sweeper: the next run does the same work."""
    with transaction() as session:
        count = service.forget(session, days=RAW_KEPT_DAYS)
    if count:
        log.info("dropped the text of %s messages older than %s days", count, RAW_KEPT_DAYS)
