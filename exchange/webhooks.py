"""Webhooks: an address is told of each step of cases, signed as the Standard Webhooks have it.

The signature is HMAC-SHA256 over `id.timestamp.body`, base64, in `webhook-signature` (`v1,…`). The
secret is derived from the service's own and a salt of the subscription: it is shown once and stands
in no table. The body holds no words of people; whoever may read them asks the Open311 door.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import cases
from kernel import calling, clock

from . import catalogue, outbox
from .errors import BadAddress, BadName, NameTaken, NoSuchHook, NothingToTell
from .outbox_models import Hook
from .rules import written

# Every step has its event: case.filed, case.closed …
EVENTS = {said: cases.MOVE_WORDS[name] for name, said in catalogue.EVENT_OF.items()}
ALL = "*"


@dataclass(frozen=True)
class HookRow:
    """A subscription as the desk sees it."""

    id: int
    name: str
    url: str
    events: Sequence[str]
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Addressee:
    url: str
    salt: bytes


def subscribe(
    session: Session,
    *,
    name: str,
    url: str,
    events: Iterable[str],
    pepper: str,
    may_be_private: bool,
    staff_id: int | None = None,
) -> str:
    """Subscribe an address, and return its secret, which nobody can read again.

    Raises BadName, NameTaken, BadAddress, NothingToTell.
    """
    name, url, wanted = name.replace("\0", "").strip(), url.strip(), sorted(set(events))
    if not 1 <= len(name) <= 60:
        raise BadName
    _check_address(url, may_be_private=may_be_private)
    if not wanted or not set(wanted) <= {ALL, *EVENTS}:
        raise NothingToTell
    salt = secrets.token_bytes(16)
    made = session.scalar(
        insert(Hook)
        .values(
            name=name,
            url=url,
            events=[ALL] if ALL in wanted else wanted,
            salt=salt,
            made_by=staff_id,
        )
        .on_conflict_do_nothing()
        .returning(Hook.id)
    )
    if made is None:
        raise NameTaken
    return shown(secret_of(salt, pepper))


def _check_address(url: str, *, may_be_private: bool) -> None:
    try:
        parts = calling.check_url(url)
    except calling.NotAllowed as wrong:
        raise BadAddress(f"{wrong}。") from None
    if may_be_private:
        return
    if parts.scheme != "https":
        raise BadAddress("地址应以 https:// 开头。")
    try:
        ip_address(parts.hostname or "")
    except ValueError:
        return  # a name; what it means is looked up at each call
    if not calling.is_public(parts.hostname or ""):
        raise BadAddress("地址不在公网上。")


def secret_of(salt: bytes, pepper: str) -> bytes:
    """Return a subscription's secret."""
    return hmac.new(pepper.encode(), b"webhook secret" + salt, hashlib.sha256).digest()


def shown(secret: bytes) -> str:
    """Return a secret as Standard Webhooks' libraries take it."""
    return "whsec_" + base64.b64encode(secret).decode()


def headers(secret: bytes, message_id: int, body: bytes, at: datetime) -> dict[str, str]:
    """Return what proves that a message is ours, and when it was sent."""
    number, stamp = f"msg_{message_id}", str(int(at.timestamp()))
    signed = hmac.new(secret, f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


def tell(session: Session, event: cases.CaseEvent, name: str, *, public_url: str) -> None:
    """Owe each subscription of this event a message."""
    said = catalogue.EVENT_OF[name]
    wanted = select(Hook.id).where(Hook.ended_at.is_(None), Hook.events.overlap([ALL, said]))
    hooks = session.scalars(wanted.order_by(Hook.id)).all()
    if not hooks:
        return
    case = cases.outward_case(session, event.case_id)
    if case is None:
        return
    body = json.dumps(
        {
            "type": said,
            "timestamp": written(clock.now()),
            "data": {
                "report_no": event.report_no,
                "step": event.seq,
                "move": name,
                "status": str(case.status),
                "status_words": cases.STATUS_WORDS[case.status],
                "class_code": case.class_code,
                "body_name": event.body_name,
                "url": f"{public_url}/open311/v2/requests/{event.report_no}.json",
            },
        },
        ensure_ascii=False,
    )
    for hook_id in hooks:
        outbox.owe(
            session, hook_id=hook_id, case_id=event.case_id, seq=event.seq, event=said, body=body
        )


def addressee(session: Session, hook_id: int) -> Addressee | None:
    """Return where a subscription's messages go, None once it is ended."""
    hook = session.get(Hook, hook_id)
    return None if hook is None or hook.ended_at is not None else Addressee(hook.url, hook.salt)


def end(session: Session, *, hook_id: int) -> str:
    """End a subscription and return its name; raise NoSuchHook."""
    name = session.scalar(
        update(Hook)
        .where(Hook.id == hook_id)
        .values(ended_at=func.coalesce(Hook.ended_at, clock.now()))
        .returning(Hook.name)
    )
    if name is None:
        raise NoSuchHook
    outbox.drop_all(session, hook_id=hook_id)
    return str(name)


def hook_named(session: Session, name: str) -> int | None:
    """Return the id of the subscription with this name, or None."""
    return session.scalar(select(Hook.id).where(Hook.name == name))


def all_hooks(session: Session) -> tuple[HookRow, ...]:
    """Return all subscriptions, those in use first."""
    columns = [getattr(Hook, name) for name in HookRow.__dataclass_fields__]
    rows = session.execute(select(*columns).order_by(Hook.ended_at.is_not(None), Hook.id.desc()))
    return tuple(HookRow(*row) for row in rows)
