"""Telling one thing: choose a way, count it, send, and learn from what the platform says.

No transaction is open while the platform thinks. What is counted before and surely was not sent is
given back; what may have been sent stays counted, so that we never send more than we are allowed.
"""

import logging
from datetime import timedelta

from sqlalchemy.orm import Session

import accounts
from kernel import clock
from kernel.database import transaction
from kernel.settings import Settings

from . import consents, notices, ways, windows
from .client import (
    Client,
    ConsentSpent,
    NotAFollower,
    PlatformError,
    QuotaReached,
    TemplateRefused,
    WindowClosed,
)
from .ledger_models import Way
from .notices import Owed
from .ways import Closed, Templates

log = logging.getLogger(__name__)

_AFTER_MISCONFIGURATION = timedelta(minutes=10)
_BROKEN_TEMPLATE = timedelta(hours=1)
_REMARK = "点开看办理经过"
# Each refusal closes a way, so the fourth finds none.
_MOST_WAYS = 4


def templates_of(settings: Settings) -> Templates:
    """Return which notices the account may send outside a window."""
    return Templates(
        template_id=settings.wechat_template_id,
        fields=settings.template_fields,
        subscription_id=settings.wechat_subscription_template_id,
        subscription_fields=settings.subscription_fields,
        is_lasting=settings.wechat_subscription_kind == "lasting",
    )


def tell(notice_id: int, client: Client, templates: Templates) -> None:
    """Tell a resident one thing, by the best way that is open; what cannot be told now waits."""
    with transaction() as session:
        owed = notices.claim(session, notice_id)
        openid = accounts.citizen_openid(session, owed.citizen_id) if owed else None
        if owed is None:
            return
        if openid is None:
            _park_or_give_up(session, owed)
            return
    # What may have been shown goes the same way again, where the platform knows that it is the same.
    again: Way | None = owed.way if owed.is_uncertain and owed.way != "text" else None
    for _ in range(_MOST_WAYS):
        if _told_or_waits(owed, openid, client, templates, again):
            return
        again = None
    with transaction() as session:
        notices.postpone(session, owed.id, fault="no way stayed open")


def _park_or_give_up(session: Session, owed: Owed) -> None:
    """Keep what is for somebody who may still follow; who left is told nothing more."""
    if accounts.has_left(session, owed.citizen_id):
        notices.give_up(session, owed.id, fault="43004 left the account")
    else:
        notices.park(session, owed.id, fault="does not follow yet")


def _told_or_waits(
    owed: Owed, openid: str, client: Client, templates: Templates, again: Way | None
) -> bool:
    """Try one way; False when the platform closed it and another is to be chosen."""
    with transaction() as session:
        way = again or ways.choose(
            session, owed.citizen_id, templates, is_short=owed.subject is not None
        )
        if isinstance(way, Closed):
            _wait(session, owed, way)
            return True
        notices.go(session, owed.id, way)
    try:
        msg_id = _send(owed, openid, way, client, templates)
    except PlatformError as trouble:
        log.info("notice %s by %s: %s", owed.id, way, trouble)
        with transaction() as session:
            return _learn(session, owed, way, trouble, templates)
    with transaction() as session:
        notices.settle(session, owed.id, msg_id=msg_id)
    return True


def _wait(session: Session, owed: Owed, closed: Closed) -> None:
    if closed.until is None:
        notices.park(session, owed.id, fault="no window, consent or template")
    else:
        pause = max(closed.until - clock.now(), timedelta(seconds=1))
        notices.postpone(session, owed.id, fault="quota used up", pause=pause)


def _send(owed: Owed, openid: str, way: Way, client: Client, templates: Templates) -> str:
    if way == "text":
        client.send_text(openid, owed.text if owed.url is None else f"{owed.text}\n{owed.url}")
        return ""
    time = f"{clock.in_city(clock.now()):%Y-%m-%d %H:%M}"
    values = (owed.subject or "", owed.title, time, _REMARK)
    if way == "subscription":
        return client.send_subscription(
            openid,
            template_id=templates.subscription_id,
            url=owed.url or "",
            data=dict(zip(templates.subscription_fields, values, strict=True)),
        )
    return client.send_template(
        openid,
        template_id=templates.template_id,
        url=owed.url or "",
        data=dict(zip(templates.fields, values, strict=True)),
        client_msg_id=f"notice-{owed.id}",
    )


def _learn(
    session: Session, owed: Owed, way: Way, trouble: PlatformError, templates: Templates
) -> bool:
    """Correct our books; tell whether this notice is done with for now."""
    fault = str(trouble)
    match trouble:
        case WindowClosed():
            windows.close(session, owed.citizen_id)
            return False
        case ConsentSpent():
            consents.drop(session, owed.citizen_id, templates.subscription_id)
            if owed.is_uncertain and owed.way == "subscription" and not templates.is_lasting:
                # The answer to our last attempt was lost, and it took the consent: it was shown.
                notices.settle(session, owed.id)
                return True
            return False
        case QuotaReached() | TemplateRefused():
            ways.give_back(session, owed.citizen_id, way, templates)
            ways.pause(session, way, lasts=_closed_for(trouble), fault=fault)
            return False
        case NotAFollower():
            ways.give_back(session, owed.citizen_id, way, templates)
            notices.give_up(session, owed.id, fault=fault)
            return True
    if not trouble.may_have_happened:
        ways.give_back(session, owed.citizen_id, way, templates)
    notices.postpone(
        session,
        owed.id,
        fault=fault,
        pause=None if trouble.is_retryable else _AFTER_MISCONFIGURATION,
        is_uncertain=trouble.may_have_happened,
    )
    return True


def _closed_for(trouble: PlatformError) -> timedelta:
    if not isinstance(trouble, QuotaReached):
        return _BROKEN_TEMPLATE
    return clock.until_midnight() if trouble.is_daily else ways.MINUTE
