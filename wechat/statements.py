"""What every message does to the door's tables, written once for both ways in (`service`, `quick`)."""

from sqlalchemy import bindparam, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert

import accounts

from . import replies
from .inbound import Inbound
from .ledger_models import Window
from .models import Message, Notice, Talk
from .replies import Reply

_message = insert(Message).values(
    {name: bindparam(name) for name in ("key", "openid", "kind", "raw", "state", "reply", "fault")}
)
# A message that was deferred is there already.
RECORD = _message.on_conflict_do_update(
    index_elements=["key"],
    set_={name: _message.excluded[name] for name in ("state", "reply", "fault")},
)

_window = insert(Window).values(
    {
        name: bindparam(name)
        for name in ("citizen_id", "kind", "room", "opened_at", "closes_at", "used")
    }
)
OPEN_WINDOW = _window.on_conflict_do_update(
    index_elements=["citizen_id", "kind"],
    set_={name: _window.excluded[name] for name in ("opened_at", "closes_at", "used")},
    # A message that was handled late does not renew what a newer one opened.
    where=Window.opened_at <= _window.excluded.opened_at,
)

_draft = insert(Talk).values(
    {name: bindparam(name) for name in ("citizen_id", "draft", "updated_at")}
)
KEEP_DRAFT = _draft.on_conflict_do_update(
    index_elements=["citizen_id"],
    set_={name: _draft.excluded[name] for name in ("draft", "updated_at")},
)

TALK_COLUMNS = (
    Talk.draft,
    Talk.updated_at,
    Talk.sent_report_no,
    Talk.sent_at,
    Talk.added_photos,
)
_me = accounts.Citizen

# Tried, not waited for: who has to wait takes the long way.
TRY_TURN = select(
    func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("openid"), literal_column("0")))
)
# Words of the indexes' own conditions are literal, or a prepared plan could not use these indexes.
# All that the quick way decides by. A statement of its own, after the turn: what an earlier message
# committed while the turn was being taken is seen only by a statement that begins afterwards.
LOOK = (
    select(
        select(Message.reply).where(Message.key == bindparam("key")).scalar_subquery(),
        _me.id,
        _me.is_following,
        *TALK_COLUMNS,
        or_(
            exists().where(Notice.citizen_id == _me.id, Notice.state == literal_column("'parked'")),
            exists().where(
                Message.openid == _me.openid, Message.state == literal_column("'deferred'")
            ),
        ),
    )
    .select_from(select(literal_column("1")).subquery("one"))
    .outerjoin(_me, _me.openid == bindparam("openid"))
    .outerjoin(Talk, Talk.citizen_id == _me.id)
)


def recorded(
    message: Inbound, *, state: str, reply: Reply, fault: str | None = None
) -> dict[str, object]:
    """Return the parameters of RECORD."""
    return {
        "key": message.key,
        "openid": message.openid,
        "kind": type(message).__name__.lower(),
        "raw": message.raw,
        "state": state,
        "reply": replies.to_json(reply),
        "fault": fault,
    }
