"""What holds in every dialogue, whatever is said when."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wechat.chats import HEARD, HERE, SENT, STATES, hear
from wechat import wording
from wechat.conversation import (
    AddTo,
    Arrived,
    Draft,
    Heard,
    Muttered,
    Nothing,
    Pictured,
    Placed,
    Pressed,
    Said,
    Submit,
    Turn,
    draft_from_json,
    draft_to_json,
)


def content(draft: Draft | None) -> str:
    if draft is None:
        return ""
    return f"{draft.text} {draft.place.label if draft.place else ''}"


@pytest.mark.parametrize("sent", [None, SENT])
@pytest.mark.parametrize("state", STATES)
def test_everything_can_be_said_in_every_state(state: str, sent: str | None) -> None:
    for heard in HEARD:
        check(hear(STATES[state], heard, sent=sent))


# How an answer says what to do next.
WAYS_ON = re.compile(
    "回复|回「|发照片|发来|再发|请发|请打|请再|直接写|写一句|写「|拍张|点「|打 1|等您|说一次"
)


def check(turn: Turn) -> None:
    if isinstance(turn.step, Nothing):
        assert WAYS_ON.search(turn.say or ""), turn.say
    if isinstance(turn.step, AddTo):
        assert turn.step.report_no == SENT
    assert turn.say or not isinstance(turn.step, Nothing)
    assert turn.say is None or len(turn.say.encode()) <= wording.MAX_BYTES
    assert turn.draft is None or not turn.draft.is_empty
    for draft in (turn.draft, turn.step.draft if isinstance(turn.step, Submit) else None):
        if draft is not None:
            assert draft_from_json(json.loads(json.dumps(draft_to_json(draft)))) == draft
            assert not draft.is_offered or is_complete(draft)
    if isinstance(turn.step, Submit):
        assert turn.draft is None
        assert is_complete(turn.step.draft)


def is_complete(draft: Draft) -> bool:
    return draft.place is not None and bool(draft.photos or draft.text or draft.recordings)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "command", ["进度", "帮助", "谢谢", "你好", "人工", "等一下", "？", "收到"]
)
def test_a_question_on_the_way_leaves_the_draft_alone(state: str, command: str) -> None:
    draft = STATES[state]
    turn = hear(draft, command)
    assert turn.draft == (None if draft is None or draft.is_empty else draft)


# Words that neither give up nor correct: whatever they are taken for, they must be found again.
TOLD = ("路灯不亮", "好多蚊子", "三钢厂那边", "观音桥步行街口", "漏气了", "长" * 61)
ASKED = ("", "好的", "没有", "不对", "进度", "帮助", "谢谢", "你好", "？", "😂", "等一下")
messages = st.one_of(
    st.sampled_from(TOLD).map(Said),
    st.sampled_from(ASKED).map(Said),
    st.just(Said("1")),
    st.integers(1, 10**9).map(Pictured),
    st.just(HERE),
    st.sampled_from([Pressed("REPORT"), Pressed("X"), Arrived(), Muttered("voice")]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, max_size=14))
def test_a_report_holds_everything_that_was_sent_since_it_began(sequence: list[Heard]) -> None:
    draft: Draft | None = None
    photos: list[int] = []
    words: list[str] = []
    pins = 0
    for heard in sequence:
        turn = hear(draft, heard)
        check(turn)
        if isinstance(heard, Pictured) and len(photos) < 9:
            photos.append(heard.photo_id)
        if isinstance(heard, Placed):
            pins += 1
        if isinstance(heard, Said) and heard.text in TOLD:
            words.append(heard.text)
        held = turn.step.draft if isinstance(turn.step, Submit) else turn.draft
        assert list(held.photos if held else ()) == photos
        assert pins == 0 or (held is not None and held.place is not None and held.place.is_located)
        # A second pin is a new place: words that told the first may go with it, and it says so.
        assert pins > 1 or all(text in content(held) for text in words)
        draft = turn.draft
        if isinstance(turn.step, Submit):
            photos, words, pins = [], [], 0


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(STATES.values())), st.text(max_size=60))
def test_no_text_whatever_breaks_the_conversation(draft: Draft | None, text: str) -> None:
    check(hear(draft, text))


def test_a_draft_of_an_earlier_version_can_be_read() -> None:
    assert draft_from_json({"key": "k", "photos": [1]}) == Draft(key="k", photos=(1,))


everything = st.one_of(st.sampled_from(HEARD), messages, st.text(max_size=30).map(Said))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(everything, st.booleans()), max_size=20))
def test_no_walk_however_odd_loses_its_way(walk: list[tuple[Heard, bool]]) -> None:
    draft: Draft | None = None
    for heard, was_sent in walk:
        turn = hear(draft, heard, sent=SENT if was_sent else None)
        check(turn)
        draft = turn.draft


def test_the_first_message_to_a_new_follower_is_short_and_useful() -> None:
    said = hear(None, Arrived()).say or ""
    assert said == wording.welcome()
    assert len(said) <= 90
    assert "照片" in said
    assert "进度" in said
    assert "帮助" in said
