"""What we may say in answer to a delivery.

There is no reply here that could be half filled, such as a video without its file: a kind is
added when something is said with it. A reply's text is clean from its construction, so that the
stored copy (`to_json`) and the sent one are the same.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from .markup import legal, one_newline

MAX_TEXT_BYTES = 2048  # of UTF-8: the platform's limit for a text, answered or sent later
_LONGEST_CLUSTER = 40  # characters; beyond that a "character" is a prank and may be cut

_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F3FF + 1)
_TAGS = range(0xE0020, 0xE007F + 1)
_FLAG_LETTERS = range(0x1F1E6, 0x1F1FF + 1)


@dataclass(frozen=True, slots=True)
class TextReply:
    content: str

    def __post_init__(self) -> None:
        _clean(self, "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A card: a picture with a title, which opens `url`."""

    title: str
    description: str
    picture_url: str
    url: str

    def __post_init__(self) -> None:
        for name in ("title", "description", "picture_url", "url"):
            _clean(self, name)


@dataclass(frozen=True, slots=True)
class NewsReply:
    """Cards. Answering a message the platform shows the first only, answering an event eight."""

    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """The platform gives the resident to the people at the account's own desk; nothing is said."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is said; the platform is content and does not deliver again."""


Reply = TextReply | NewsReply | HandOver | Silence


def _clean(owner: TextReply | Article, name: str) -> None:
    object.__setattr__(owner, name, one_newline(legal(getattr(owner, name))))


def to_json(reply: Reply) -> dict[str, Any]:
    """Return what `from_json` makes the same reply of; every string can be stored in JSONB."""
    match reply:
        case TextReply(content):
            return {"kind": "text", "content": content}
        case NewsReply(articles):
            cards = [
                {
                    "title": card.title,
                    "description": card.description,
                    "picture_url": card.picture_url,
                    "url": card.url,
                }
                for card in articles
            ]
            return {"kind": "news", "articles": cards}
        case HandOver():
            return {"kind": "hand_over"}
        case Silence():
            return {"kind": "silence"}


def from_json(stored: dict[str, Any]) -> Reply:
    """Undo `to_json`; raise ValueError for a kind that it never wrote."""
    match stored:
        case {"kind": "text", "content": str(content)}:
            return TextReply(content)
        case {"kind": "news", "articles": list(cards)}:
            return NewsReply(tuple(Article(**card) for card in cards))
        case {"kind": "hand_over"}:
            return HandOver()
        case {"kind": "silence"}:
            return Silence()
    raise ValueError("not a stored reply")


def fitting(text: str, limit_bytes: int = MAX_TEXT_BYTES) -> str:
    """Cut clean text to the limit, where possible not inside what a reader sees as one character.

    A family emoji, a flag or a letter with its accents is several characters to a computer.
    """
    encoded = text.encode()
    if len(encoded) <= limit_bytes:
        return text
    end = len(encoded[:limit_bytes].decode(errors="ignore"))
    for shorter in range(end, max(end - _LONGEST_CLUSTER, 0), -1):
        if not _is_inside_cluster(text, shorter):
            return text[:shorter]
    return text[:end]


def _is_inside_cluster(text: str, position: int) -> bool:
    left, right = text[position - 1], text[position]
    if _JOINER in (left, right) or unicodedata.category(right).startswith("M"):
        return True
    if ord(right) in _SKIN_TONES or ord(right) in _TAGS:
        return True
    if ord(left) in _FLAG_LETTERS and ord(right) in _FLAG_LETTERS:
        before = text[max(position - MAX_TEXT_BYTES, 0) : position]
        letters = len(before) - len(before.rstrip("".join(map(chr, _FLAG_LETTERS))))
        return letters % 2 == 1  # two letters make a flag
    return False
