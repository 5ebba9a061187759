"""What the platform makes of an answer: nothing to show, messages for the phone, or a fault."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .chat import Shown
from .crypto import MessageCipher, Undecipherable, sign
from .envelope import Mode
from .xmltext import BadXml, Node, read

MAX_TEXT_BYTES = 2048
HTTP_OK = 200
Ruling = Literal["silent", "shown", "ignored", "fault", "no_answer"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a short slug for developers; `shown` what goes to the phone."""

    ruling: Ruling
    reason: str | None = None
    shown: Shown | None = None

    @property
    def is_failure(self) -> bool:
        return self.ruling in ("fault", "no_answer")


@dataclass(frozen=True, slots=True)
class Question:
    """What was pushed, as far as it matters for the answer.

    `max_articles` is 1 for a message and 8 for an event; 0 means that a reply is not delivered
    (LOCATION, VIEW, notices, unsubscribe).
    """

    openid: str
    account: str
    max_articles: int


class _Wrong(Exception):
    """The answer breaks a rule."""


class Judge:
    def __init__(
        self, *, cipher: MessageCipher, mode: Mode, type_of_medium: Callable[[str], str | None]
    ) -> None:
        self._cipher = cipher
        self._mode = mode
        self._type_of_medium = type_of_medium
        self._readers: dict[str, Callable[[Node, Question], Shown | None]] = {
            "text": self._text,
            "image": self._picture,
            "voice": self._voice,
            "video": self._video,
            "music": self._music,
            "news": self._news,
            "transfer_customer_service": lambda _reply, _question: None,
        }

    def rule(self, status: int, body: bytes, question: Question) -> Verdict:
        if status != HTTP_OK:
            return Verdict("fault", f"http_{status}")
        if body in (b"", b"success"):
            return Verdict("silent")
        try:
            shown = self._read(body, question)
        except (BadXml, Undecipherable, _Wrong) as error:
            return Verdict("fault", str(error))
        if question.max_articles == 0:
            return Verdict("ignored", "no_reply_to_this_event")
        return Verdict("silent", "transferred") if shown is None else Verdict("shown", None, shown)

    def _read(self, body: bytes, question: Question) -> Shown | None:
        reply = self._inner(body)
        if reply.leaf("ToUserName") != question.openid:
            raise _Wrong("wrong_ToUserName")
        if reply.leaf("FromUserName") != question.account:
            raise _Wrong("wrong_FromUserName")
        if not reply.leaf("CreateTime").isdecimal():
            raise _Wrong("bad_CreateTime")
        reader = self._readers.get(reply.leaf("MsgType"))
        if reader is None:
            raise _Wrong("unknown_MsgType")
        return reader(reply, question)

    def _inner(self, body: bytes) -> Node:
        outer = _document(body)
        is_encrypted = bool(outer.all("Encrypt"))
        if is_encrypted and self._mode == "plaintext":
            raise _Wrong("encrypted_in_plaintext_mode")
        if not is_encrypted:
            if self._mode == "secure":
                raise _Wrong("plaintext_in_secure_mode")
            return outer
        sealed, timestamp = outer.leaf("Encrypt"), outer.leaf("TimeStamp")
        expected = sign(self._cipher.token, timestamp, outer.leaf("Nonce"), sealed)
        given = outer.leaf("MsgSignature")
        if not timestamp.isdecimal():
            raise _Wrong("bad_TimeStamp")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise _Wrong("wrong_MsgSignature")
        return _document(self._cipher.decrypt(sealed))

    @staticmethod
    def _text(reply: Node, _question: Question) -> Shown:
        content = reply.leaf("Content")
        if not content:
            raise _Wrong("empty_Content")
        if len(content.encode()) > MAX_TEXT_BYTES:
            raise _Wrong("Content_too_long")
        return Shown("text", content)

    def _medium(self, node: Node, kind: str, tag: str = "MediaId") -> str:
        media_id = node.leaf(tag)
        if self._type_of_medium(media_id) != kind:
            raise _Wrong(f"unknown_{tag}")
        return media_id

    def _picture(self, reply: Node, _question: Question) -> Shown:
        media_id = self._medium(reply.only("Image"), "image")
        return Shown("image", "[图片]", extra={"media_id": media_id})

    def _voice(self, reply: Node, _question: Question) -> Shown:
        media_id = self._medium(reply.only("Voice"), "voice")
        return Shown("voice", "[语音]", extra={"media_id": media_id})

    def _video(self, reply: Node, _question: Question) -> Shown:
        video = reply.only("Video")
        media_id = self._medium(video, "video")
        title = video.leaf("Title") if video.all("Title") else ""
        return Shown("video", f"[视频] {title}".strip(), extra={"media_id": media_id})

    def _music(self, reply: Node, _question: Question) -> Shown:
        music = reply.only("Music")
        self._medium(music, "thumb", "ThumbMediaId")
        title = music.leaf("Title") if music.all("Title") else ""
        return Shown("music", f"[音乐] {title}".strip())

    @staticmethod
    def _news(reply: Node, question: Question) -> Shown:
        items = reply.only("Articles").all("item")
        count = reply.leaf("ArticleCount")
        if not count.isdecimal() or int(count) < 1 or int(count) > len(items):
            raise _Wrong("bad_ArticleCount")
        # The surplus is cut; where nothing is delivered anyway, one article is as good as any.
        kept = items[: min(int(count), max(question.max_articles, 1))]
        return article_card([_article(item) for item in kept])


def _document(data: bytes) -> Node:
    root = read(data)
    if root.tag != "xml":
        raise _Wrong("root_is_not_xml")
    return root


def _article(item: Node) -> dict[str, str]:
    article = {
        "title": item.leaf("Title"),
        "description": item.leaf("Description"),
        "pic_url": item.leaf("PicUrl"),
        "url": item.leaf("Url"),
    }
    if not article["title"]:
        raise _Wrong("empty_Title")
    return article


def article_card(articles: list[dict[str, str]]) -> Shown:
    first = articles[0]
    text = "\n".join(part for part in (first["title"], first["description"]) if part)
    return Shown("news", text, first["url"] or None, {"articles": articles})
