"""Messages that the account sends first: customer service and templates."""

from collections.abc import Callable

from .api import OK, Body, Call, endpoint, object_field, text_field
from .chat import Shown
from .errors import ApiError
from .judge import MAX_TEXT_BYTES, article_card
from .phone import Phones
from .users import User

TYPING_S = 15
TYPING_AFTER_S = 30
MAX_CLIENT_MSG_ID_BYTES = 64


@endpoint("POST", "cgi-bin/message/custom/send", daily=500_000)
def custom_send(call: Call) -> Body:
    body = call.json()
    user = _addressee(call, body)
    kind = text_field(body, "msgtype")
    reader = _READERS.get(kind)
    if reader is None:
        raise ApiError(40008, "invalid message type")
    shown = reader(call, object_field(body, kind))
    call.world.windows.spend(user.openid)
    call.world.users.typing(user.openid, None)
    call.world.chat.add(user.openid, shown, sender="account", via="custom")
    return OK


@endpoint("POST", "cgi-bin/message/custom/typing", daily=500_000)
def custom_typing(call: Call) -> Body:
    body = call.json()
    user = _addressee(call, body)
    now = call.world.clock.now()
    match text_field(body, "command"):
        case "CancelTyping":
            call.world.users.typing(user.openid, None)
            return OK
        case "Typing":
            if user.heard_at is None or now - user.heard_at > TYPING_AFTER_S:
                raise ApiError(45080, "can't set typing without interaction in 30s")
            if user.typing_until is not None and now < user.typing_until:
                raise ApiError(45081, "already in typing status")
            call.world.users.typing(user.openid, now + TYPING_S)
            return OK
        case _:
            raise ApiError(45072, "invalid command")


@endpoint("POST", "cgi-bin/message/template/send", daily=100_000)
def template_send(call: Call) -> Body:
    body = call.json()
    user = _addressee(call, body)
    template = call.world.notices.template(body.get("template_id"))
    if not user.follows:
        raise ApiError(43004, "require subscribe")
    card = template.fill(object_field(body, "data"))
    client_msg_id = text_field(body, "client_msg_id")
    if len(client_msg_id.encode("utf-8", "replace")) > MAX_CLIENT_MSG_ID_BYTES:
        raise ApiError(45067, "clientmsgid size out of limit")
    msgid = call.world.notices.number(user.openid, client_msg_id or None)
    if not user.blocks_notices:
        url = text_field(body, "url") or None
        shown = Shown("template", f"{template.title}\n{card}", url, {"title": template.title})
        call.world.chat.add(user.openid, shown, sender="account", via="template")
    status = "failed:user block" if user.blocks_notices else "success"
    Phones(call.world).event(
        user.openid, "TEMPLATESENDJOBFINISH", [("MsgID", msgid), ("Status", status)]
    )
    return {**OK, "msgid": msgid}


def _addressee(call: Call, body: Body) -> User:
    user = call.world.users.find(text_field(body, "touser"))
    if user is None:
        raise ApiError(40003, "invalid openid")
    return user


def _text(_call: Call, content: Body) -> Shown:
    text = text_field(content, "content")
    if not text:
        raise ApiError(44004, "empty content")
    if len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise ApiError(45002, "content size out of limit")
    return Shown("text", text)


def _medium(kind: str, words: str) -> Callable[[Call, Body], Shown]:
    def read(call: Call, content: Body) -> Shown:
        media_id = text_field(content, "media_id")
        if call.world.media.type_of(media_id) != kind:
            raise ApiError(40007, "invalid media_id")
        return Shown(kind, words, extra={"media_id": media_id})

    return read


def _news(_call: Call, content: Body) -> Shown:
    given = content.get("articles")
    articles = given if isinstance(given, list) else []
    if len(articles) != 1 or not isinstance(articles[0], dict):
        raise ApiError(45008, "article size out of limit")
    article = {
        "title": text_field(articles[0], "title"),
        "description": text_field(articles[0], "description"),
        "url": text_field(articles[0], "url"),
        "pic_url": text_field(articles[0], "picurl"),
    }
    if not article["title"]:
        raise ApiError(44004, "empty content")
    return article_card([article])


def _menu(_call: Call, content: Body) -> Shown:
    given = content.get("list")
    items = [
        {"id": str(item.get("id", "")), "content": text_field(item, "content")}
        for item in (given if isinstance(given, list) else [])
        if isinstance(item, dict)
    ]
    if not items or not all(item["id"] and item["content"] for item in items):
        raise ApiError(44004, "empty content")
    head, tail = text_field(content, "head_content"), text_field(content, "tail_content")
    lines = [head, *(item["content"] for item in items), tail]
    text = "\n".join(line for line in lines if line)
    return Shown("msgmenu", text, extra={"head": head, "items": items, "tail": tail})


_READERS: dict[str, Callable[[Call, Body], Shown]] = {
    "text": _text,
    "image": _medium("image", "[图片]"),
    "voice": _medium("voice", "[语音]"),
    "video": _medium("video", "[视频]"),
    "news": _news,
    "msgmenu": _menu,
}
