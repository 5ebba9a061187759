"""What we may say: clean from the start, storable, and cut where a reader would not notice."""

import json
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat.replies import (
    MAX_TEXT_BYTES,
    Article,
    HandOver,
    NewsReply,
    Reply,
    Silence,
    TextReply,
    fitting,
    from_json,
    to_json,
)

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
CARD = Article(title="题", description="述", picture_url="https://p/1.jpg", url="https://u/?a=1&b")


def test_only_replies_that_cannot_be_half_filled_exist() -> None:
    assert set(typing.get_args(Reply)) == {TextReply, NewsReply, HandOver, Silence}
    with pytest.raises(TypeError, match="picture_url"):
        Article(title="题", description="述", url="https://u")  # type: ignore[call-arg]  # the test


@pytest.mark.parametrize("content", [5, b"bytes", None, {"a": 1}, ["a"]])
def test_what_is_no_text_is_refused_where_it_is_said(content: object) -> None:
    with pytest.raises((TypeError, AttributeError)):
        TextReply(content)  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a\x00\x08\x0b\x1fb", "ab"),
        ("a\ud800b\udfffc", "abc"),
        ("a\ufffe\uffffb", "ab"),
        ("一\r\n二\r三\n四\t", "一\n二\n三\n四\t"),
        ("  😀👨‍👩‍👧 {} % ]]> &amp; ", "  😀👨‍👩‍👧 {} % ]]> &amp; "),
    ],
)
def test_a_reply_is_clean_from_its_construction(written: str, said: str) -> None:
    assert TextReply(written).content == said
    assert Article(title=written, description="", picture_url="", url="").title == said


@pytest.mark.parametrize(
    "reply",
    [
        TextReply("已收到。"),
        TextReply(""),
        Silence(),
        NewsReply(()),
        NewsReply((CARD,)),
        NewsReply((CARD, CARD)),
    ],
)
def test_a_stored_reply_is_the_same_reply(reply: Reply) -> None:
    assert from_json(json.loads(json.dumps(to_json(reply)))) == reply


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT)
def test_any_text_can_be_stored_and_comes_back(text: str) -> None:
    reply = TextReply(text)
    stored = json.dumps(to_json(reply), ensure_ascii=False)
    assert "\\u0000" not in stored
    assert from_json(json.loads(stored.encode())) == reply


@pytest.mark.parametrize("stored", [{}, {"kind": "video"}, {"kind": "text"}, {"kind": "news"}])
def test_what_was_never_stored_is_not_a_reply(stored: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not a stored reply"):
        from_json(stored)


# --- the limit -----------------------------------------------------------------------------------


def test_a_text_at_the_limit_is_not_cut() -> None:
    assert fitting("a" * MAX_TEXT_BYTES) == "a" * MAX_TEXT_BYTES
    assert fitting("a" * (MAX_TEXT_BYTES + 1)) == "a" * MAX_TEXT_BYTES
    assert fitting("区" * 683) == "区" * 682


FAMILY = "👨\u200d👩\u200d👧\u200d👦"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "cluster",
    [
        FAMILY,
        "👍🏽",
        "❤\ufe0f",
        "🇨🇳",
        SCOTLAND,
        "e\u0301\u0323",
        "1\ufe0f\u20e3",
    ],
)
def test_what_looks_like_one_character_is_kept_or_dropped_whole(cluster: str) -> None:
    size = len(cluster.encode())
    for room in range(size):
        assert fitting("a" * 50 + cluster, 50 + room) == "a" * 50
    assert fitting("a" * 50 + cluster + "b", 50 + size) == "a" * 50 + cluster


def test_of_a_row_of_flags_whole_ones_are_kept() -> None:
    flags = "🇨🇳" * 10
    assert fitting(flags, 8 * 3 + 4) == "🇨🇳" * 3
    assert fitting("🇨" + flags, 8 * 3) == "🇨🇨🇳🇨🇳🇨"[:6]


def test_a_prank_of_a_thousand_accents_is_cut_all_the_same() -> None:
    assert fitting("e" + "\u0301" * 3000) == "e" + "\u0301" * 1023


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "区", "😀", "🇨", "🇳", "\u200d", "\ufe0f", "🏽", "\u0301"])),
    st.integers(min_value=4, max_value=60),
)
def test_a_cut_text_is_a_beginning_that_fits(pieces: list[str], limit: int) -> None:
    text = "".join(pieces)
    cut = fitting(text, limit)
    assert text.startswith(cut)
    assert len(cut.encode()) <= limit
    assert cut or not text
