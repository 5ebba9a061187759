"""What need not be kept is deleted: by its age, and sooner where its resident left us.

Every step takes a limited number of rows and says how many; the job runs until nothing is left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

import accounts
import cases
from kernel import clock, jobs

from . import notices, windows
from .models import Consent, Media, Message, Notice, Receipt, Talk, Window

FORGET = "wechat.forget_citizen"  # the job's name

# A parked notice of last month helps nobody; the case's page tells all.
_PARKED_LASTS = timedelta(days=30)
_RECEIPT_LASTS = timedelta(days=7)
_WINDOW_LASTS = timedelta(days=1)
_MOST_TOLD = 1000
_FINAL = ("sent", "superseded", "given_up")


@dataclass(frozen=True)
class Terms:
    """How long what is kept, in days; docs/privacy.md tells residents and auditors the same."""

    words: int
    messages: int
    notices: int
    loose: int


def leave(session: Session, citizen_id: int) -> None:
    """Delete at once what a resident who left cannot miss, and have a job look after the rest."""
    accounts.mark_unfollowed(session, citizen_id)
    accounts.close_citizen_sessions(session, citizen_id)
    windows.close(session, citizen_id)
    session.execute(delete(Consent).where(Consent.citizen_id == citizen_id))
    _empty_talk(session, citizen_id)
    for notice_id in session.scalars(
        select(Notice.id).where(Notice.citizen_id == citizen_id, Notice.state.in_(notices.UNSENT))
    ).all():
        notices.give_up(session, notice_id, fault="43004 left the account")
    jobs.enqueue(session, FORGET, citizen_id)


def _empty_talk(session: Session, citizen_id: int) -> None:
    session.execute(
        update(Talk)
        .where(Talk.citizen_id == citizen_id)
        .values(
            draft=None,
            sent_report_no=None,
            sent_at=None,
            owes_buttons=False,
            updated_at=clock.now(),
        )
    )


def erase(session: Session, citizen_id: int) -> None:
    """Delete what a resident asks to have deleted and may go, while he stays with the account.

    His draft, his consents to subscription notices, and notices that were told. Windows stay: they
    are what lets us answer him, and end within two days. A job deletes what he never reported.
    """
    _empty_talk(session, citizen_id)
    session.execute(delete(Consent).where(Consent.citizen_id == citizen_id))
    session.execute(delete(Notice).where(Notice.citizen_id == citizen_id, Notice.state.in_(_FINAL)))
    jobs.enqueue(session, FORGET, citizen_id)


def kept_of(session: Session, citizen_id: int) -> dict[str, list[dict[str, object]]]:
    """Return what is kept of a resident at the door as rows fit for JSON; newest first.

    His messages as they came are not among it: they are kept for some days under the platform's
    name of him, and nothing finds them by that.
    """
    talk = session.get(Talk, citizen_id)
    told = session.scalars(
        select(Notice)
        .where(Notice.citizen_id == citizen_id)
        .order_by(Notice.id.desc())
        .limit(_MOST_TOLD)
    )
    agreed = session.scalars(select(Consent).where(Consent.citizen_id == citizen_id))
    return {
        "draft": [talk.draft] if talk is not None and talk.draft else [],
        "notices": [
            {"at": each.created_at, "title": each.title, "text": each.text, "sent_at": each.sent_at}
            for each in told
        ],
        "subscriptions": [
            {"left_over": each.left_over, "changed_at": each.changed_at} for each in agreed
        ],
    }


def by_age(session: Session, terms: Terms, *, limit: int = 1000) -> int:
    """Delete a batch of everything that is past its time; return how many rows were dealt with."""
    now = clock.now()
    return sum(
        (
            _messages(session, now - timedelta(days=terms.messages), limit),
            _drafts(session, now - timedelta(days=terms.loose), limit),
            _notices(session, now, terms, limit),
            _ledger(session, now),
        )
    )


def _messages(session: Session, before: datetime, limit: int) -> int:
    """Delete messages whose replay the time window has refused for a long while."""
    old = (
        select(Message.key)
        .where(Message.received_at < before, Message.state != "deferred")
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = session.scalars(
        delete(Message)
        .where(Message.key.in_(old))
        .returning(Message.key)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _drafts(session: Session, before: datetime, limit: int) -> int:
    old = select(Talk.citizen_id).where(Talk.draft.is_not(None), Talk.updated_at < before)
    emptied = session.scalars(
        update(Talk)
        .where(Talk.citizen_id.in_(old.limit(limit)))
        .values(draft=None)
        .returning(Talk.citizen_id)
        .execution_options(synchronize_session=False)
    )
    return len(emptied.all())


def _notices(session: Session, now: datetime, terms: Terms, limit: int) -> int:
    old = (
        select(Notice.id)
        .where(Notice.created_at < now - timedelta(days=terms.notices), Notice.state.in_(_FINAL))
        .order_by(Notice.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = session.scalars(
        delete(Notice)
        .where(Notice.id.in_(old))
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    stale = session.scalars(
        select(Notice.id)
        .where(Notice.state == "parked", Notice.created_at < now - _PARKED_LASTS)
        .order_by(Notice.id)
        .limit(limit)
    ).all()
    for notice_id in stale:
        notices.give_up(session, notice_id, fault="nobody wrote for a month")
    return len(gone) + len(stale)


def _ledger(session: Session, now: datetime) -> int:
    closed = session.scalars(
        delete(Window).where(Window.closes_at < now - _WINDOW_LASTS).returning(Window.kind)
    ).all()
    read = session.scalars(
        delete(Receipt).where(Receipt.received_at < now - _RECEIPT_LASTS).returning(Receipt.msg_id)
    ).all()
    return len(closed) + len(read)


def loose(
    session: Session, *, before: datetime, citizen_id: int | None = None, limit: int = 500
) -> tuple[str, ...]:
    """Delete photos and recordings that no draft and no report has; return keys of their bytes."""
    held = _in_drafts(session, citizen_id)
    found = cases.loose_photos(session, before=before, citizen_id=citizen_id, limit=limit)
    photo_ids = [each for each in found if each not in held["photos"]]
    found = cases.loose_recordings(session, before=before, citizen_id=citizen_id, limit=limit)
    recording_ids = [each for each in found if each not in held["recordings"]]
    session.execute(
        delete(Media)
        .where(or_(Media.photo_id.in_(photo_ids), Media.recording_id.in_(recording_ids)))
        .execution_options(synchronize_session=False)
    )
    keys = cases.forget_photos(session, photo_ids).keys
    return keys + cases.forget_recordings(session, recording_ids).keys


def _in_drafts(session: Session, citizen_id: int | None) -> dict[str, set[int]]:
    """Return what open drafts hold: something old may be in one that is written on still."""
    drafts = select(Talk.draft).where(Talk.draft.is_not(None))
    if citizen_id is not None:
        drafts = drafts.where(Talk.citizen_id == citizen_id)
    held: dict[str, set[int]] = {"photos": set(), "recordings": set()}
    for draft in session.scalars(drafts):
        for name, ids in held.items():
            ids.update((draft or {}).get(name, ()))
    return held
