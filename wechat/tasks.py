"""Jobs of the door. Each reads, calls the platform with no transaction open, and writes."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

import accounts
import cases
from kernel import clock
from kernel.database import transaction
from kernel.jobs import job, send
from kernel.settings import current

from . import (
    checking,
    client,
    forgetting,
    handlers,
    media,
    notices,
    service,
    telling,
    windows,
    wording,
)
from .client import MediaGone, MediaTooLarge, PlatformError
from .handlers import house_of

log = logging.getLogger(__name__)

_MOST_BATCHES = 50  # in one run; the next one goes on


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
        may_write = openid is not None and windows.spend(session, citizen_id)
    if openid is None or not may_write:
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
    telling.tell(notice_id, client.current(), telling.templates_of(current()))


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


@job("wechat.check_account")
def check_account() -> None:
    """Log the day's quotas and whether deliveries would be refused. No sweeper: it runs again."""
    try:
        found = checking.addresses(client.current(), current().wechat_callback_addresses)
        quotas = checking.quotas(client.current())
    except PlatformError as trouble:
        log.warning("the account could not be checked: %s rid=%s", trouble, trouble.rid or "-")
        return
    if found.refused:
        log.error("deliveries from %s would be refused", ", ".join(found.refused))
    for quota in quotas:
        level = logging.WARNING if checking.is_nearly_used_up(quota) else logging.INFO
        log.log(level, "quota %s: %s of %s used today", quota.endpoint, quota.used, quota.daily)


@job("wechat.forget")
def forget() -> None:
    """Delete what is past its time, batch by batch. No sweeper: the next run does the same work."""
    chosen = current()
    terms = forgetting.Terms(
        words=chosen.keep_words_days,
        messages=chosen.keep_messages_days,
        notices=chosen.keep_notices_days,
        loose=chosen.keep_loose_days,
    )
    count = 0
    for _ in range(_MOST_BATCHES):
        with transaction() as session:
            done = service.forget(session, days=terms.words) + forgetting.by_age(session, terms)
        count += done
        if not done:
            break
    count += _forget_loose(before=clock.now() - timedelta(days=terms.loose))
    if count:
        log.info("%s things were past their time and are deleted", count)


@job(forgetting.FORGET)
def forget_citizen(citizen_id: int) -> None:
    """Delete photos never reported of somebody who left, or asked for it. Sweeper: `forget`."""
    with transaction() as session:
        may_go = accounts.has_left(session, citizen_id) or accounts.privacy.asked_to_erase(
            session, citizen_id
        )
    if may_go:
        _forget_loose(before=clock.now(), citizen_id=citizen_id)


def _forget_loose(*, before: datetime, citizen_id: int | None = None) -> int:
    with transaction() as session:
        keys = forgetting.loose(session, before=before, citizen_id=citizen_id)
    # Only now is it certain that the photos are gone.
    for key in keys:
        with transaction() as session:
            cases.forget_bytes(session, key)
    return len(keys)
