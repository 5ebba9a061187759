"""The quick way: what most messages ask is decided and stored in two trips to the database.

A message that only moves the conversation on (a sentence, a button, a place) is read, decided and
stored here, in one transaction of its own, under the same lock, by the same conversation and the
same statements as in `service`. Whatever else a message does goes the long way: reports, photos,
somebody new, a notice that waits for him, and anything that is odd. So does whoever would have to
wait for his turn: there is one queue, and it is the database's.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import convenience
from kernel import clock, database
from kernel.trips import Asked, Statement, TripFailed, Wire

from . import conversation, hearing, inbound, replies, signs, statements, talks, windows
from .replies import Reply, TextReply
from .steps import House
from .talks import Standing

log = logging.getLogger(__name__)

_YES: Final = b"t"
_KINDS: Final = (inbound.Text, inbound.Location, inbound.Clicked)
_TURN = Statement("wechat_turn", statements.TRY_TURN)
_LOOK = Statement("wechat_look", statements.LOOK)
_RECORD = Statement("wechat_record", statements.RECORD)
_OPEN_WINDOW = Statement("wechat_open_window", statements.OPEN_WINDOW)
_KEEP_DRAFT = Statement("wechat_keep_draft", statements.KEEP_DRAFT)


def answer(message: inbound.Inbound, house: House) -> Reply | None:
    """Handle the message unless that was done, and return its answer; None: it must go the long way.

    None says that nothing was done, or, where the commit's own answer was lost, what the long way
    finds out: it looks again.
    """
    if not isinstance(message, _KINDS) or signs.is_asked(message, house.public_url):
        return None
    kinds = convenience.kinds_at_hand()
    heard = hearing.of_itself(message, is_gcj02=house.location_datum == "gcj02")
    if kinds is None or heard is None or _is_complaint(heard):
        return None
    words = {kind.code: kind.words for kind in kinds.values()}
    try:
        with database.trips() as wire:
            return _handled(wire, message, heard, house, words)
    except TripFailed as trouble:
        log.warning("message %s takes the long way: %s", message.key, trouble)
    except Exception as trouble:  # noqa: BLE001  # the long way meets it again, and says what it is
        log.warning("message %s takes the long way: %s", message.key, type(trouble).__name__)
    return None


def _is_complaint(heard: conversation.Heard) -> bool:
    """Tell whether it may be about a place that was told of: that is noted with the place."""
    return isinstance(heard, conversation.Said) and convenience.complaint_in(heard.text) is not None


class _Seen(NamedTuple):
    """What LOOK returns, as the server writes it."""

    reply: bytes | None
    citizen_id: bytes | None
    is_following: bytes | None
    draft: bytes | None
    updated_at: bytes | None
    sent_report_no: bytes | None
    sent_at: bytes | None
    added_photos: bytes | None
    is_waited_for: bytes | None


def _handled(
    wire: Wire,
    message: inbound.Inbound,
    heard: conversation.Heard,
    house: House,
    kinds: Mapping[str, Sequence[str]],
) -> Reply | None:
    given = {"openid": message.openid, "key": message.key}
    [[(has_turn,)], [row]] = wire.begin((_TURN, given), (_LOOK, given))
    seen = _Seen(*row)
    if has_turn != _YES:
        return None
    if seen.reply is not None:
        return replies.from_json(json.loads(seen.reply))
    if seen.citizen_id is None or seen.is_following != _YES or seen.is_waited_for == _YES:
        return None
    now = clock.now()
    before = _standing(seen, now)
    turn = talks.advance(before, heard, house, kinds)
    after = talks.after(before, turn)
    is_more = after.sent != before.sent or talks.offers_others(before, after)
    if is_more or not isinstance(turn.step, conversation.Nothing):
        return None
    reply = TextReply(turn.say or "")
    citizen_id = int(seen.citizen_id)
    asked: list[Asked] = [(_RECORD, statements.recorded(message, state="done", reply=reply))]
    window = windows.entry(citizen_id, message)
    if window:
        asked.append((_OPEN_WINDOW, window))
    if after.draft is not None or before != after:
        asked.append((_KEEP_DRAFT, talks.row(citizen_id, after.draft, now)))
    wire.commit(*asked)
    return reply


def _standing(seen: _Seen, now: datetime) -> Standing:
    if seen.updated_at is None:
        return Standing()
    return talks.standing(
        json.loads(seen.draft) if seen.draft else None,
        _instant(seen.updated_at),
        seen.sent_report_no.decode() if seen.sent_report_no else None,
        _instant(seen.sent_at) if seen.sent_at else None,
        _numbers(seen.added_photos or b"{}"),
        now=now,
    )


def _numbers(written: bytes) -> list[int]:
    return [int(one) for one in written.decode().strip("{}").split(",") if one]


def _instant(written: bytes) -> datetime:
    return datetime.fromisoformat(written.decode())
