"""Where the conversation with a resident stands, and how one more message moves it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import cases

from . import conversation
from .conversation import Draft, Heard, Turn
from .steps import House

# Somebody who looked for a toilet an hour ago and sends a place now wants something else.
_WISH_LASTS = timedelta(minutes=30)
# So long a photo or a sentence without a report around it belongs to the one just sent.
ADDING_LASTS = timedelta(minutes=15)


@dataclass(frozen=True)
class Standing:
    """The resident's draft, and the report he sent just now."""

    draft: Draft | None = None
    sent: str | None = None
    added: tuple[int, ...] = ()  # photos that were added to it, the last thing that was added


def standing(
    draft: Mapping[str, Any] | None,
    updated_at: datetime,
    sent_report_no: str | None,
    sent_at: datetime | None,
    added: Sequence[int],
    *,
    now: datetime,
) -> Standing:
    """Read a row of `wechat_talks` (`statements.TALK_COLUMNS`): what is too old to matter is left out."""
    can_add = sent_at is not None and now - sent_at <= ADDING_LASTS
    sent = sent_report_no if can_add else None
    if draft is None:
        return Standing(None, sent, tuple(added) if sent else ())
    read = conversation.draft_from_json(draft)
    is_old = now - updated_at > _WISH_LASTS
    read = replace(read, wish=None) if is_old else read
    return Standing(read, sent, tuple(added) if sent else ())


def advance(talk: Standing, heard: Heard, house: House, kinds: Mapping[str, Sequence[str]]) -> Turn:
    """Take one message; `kinds` are the facilities' kinds with what people call them."""
    return conversation.advance(
        talk.draft,
        heard,
        new_key=lambda: uuid.uuid4().hex,
        hotline=house.hotline,
        report_prefix=house.report_prefix,
        kinds=kinds,
        sent=talk.sent,
        suggest=_suggested,
        added=talk.added,
    )


def after(talk: Standing, turn: Turn) -> Standing:
    """Return where it stands after a turn whose step sends nothing."""
    return Standing(turn.draft) if turn.is_apart else replace(talk, draft=turn.draft)


def offers_others(before: Standing, now: Standing) -> bool:
    """Tell whether other classes than before are offered: then buttons are to be sent, or no more."""
    suggested = now.draft.suggested if now.draft else ()
    return suggested != (before.draft.suggested if before.draft else ())


def row(citizen_id: int, draft: Draft | None, now: datetime) -> dict[str, object]:
    """Return the parameters of `statements.KEEP_DRAFT`."""
    return {
        "citizen_id": citizen_id,
        "draft": None if draft is None else conversation.draft_to_json(draft),
        "updated_at": now,
    }


def _suggested(words: str) -> list[conversation.Choice]:
    return [(found.code, found.name) for found in cases.suggest(words)]
