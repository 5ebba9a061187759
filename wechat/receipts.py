"""What the platform tells of notices: who agreed to which, and which did not arrive."""

from sqlalchemy.orm import Session

import accounts

from . import consents, notices
from .inbound import NoticeDelivered, NoticesChosen

_LONGEST_ID = 64


def note(session: Session, message: NoticeDelivered | NoticesChosen) -> None:
    """Enter the platform's word into our books; who it is about need not follow us."""
    if isinstance(message, NoticeDelivered):
        _told(session, message.msg_id, message.status)
        return
    if message.event == "subscribe_msg_sent_event":
        for choice in message.choices:
            _told(session, choice.msg_id, choice.status)
        return
    citizen_id = accounts.citizen_of_browser(session, message.openid)
    if consents.note(session, citizen_id, message):
        notices.unpark(session, citizen_id)


def _told(session: Session, msg_id: str | None, status: str | None) -> None:
    if not msg_id or len(msg_id) > _LONGEST_ID or status in (None, "success"):
        return
    notices.undelivered(session, msg_id=msg_id, fault=(status or "")[:100])
