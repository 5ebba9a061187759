"""What a resident does with a phone, and the message or event that the platform makes of it."""

import math
import secrets
import time
from concurrent.futures import Future
from dataclasses import dataclass

from .chat import Shown
from .envelope import Forgery
from .errors import ApiError, BadCall
from .media import format_of
from .menu import Button
from .pusher import DELIVERIES, Outcome, Push
from .windows import Trigger
from .world import World
from .xmltext import Fields, write

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MESSAGE_ARTICLES = 1
EVENT_ARTICLES = 8
NO_REPLY = 0
# Answers to these are not delivered, and nobody waits for one.
UNANSWERED_EVENTS = frozenset(
    {
        "LOCATION",
        "VIEW",
        "view_miniprogram",
        "TEMPLATESENDJOBFINISH",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "subscribe_msg_sent_event",
        "unsubscribe",
    }
)
_OPENING_EVENTS: dict[str, Trigger] = {
    "CLICK": "click",
    "scancode_push": "click",
    "scancode_waitmsg": "click",
    "subscribe": "follow",
    "SCAN": "scan",
}


@dataclass(frozen=True, slots=True)
class Sent:
    push_id: int
    message_id: int | None
    outcome: Future[Outcome]
    url: str | None = None


def new_message_id() -> int:
    """Make a 64-bit id that is new even to a receiver that outlives this platform's state."""
    return int(time.time() * 1000) << 20 | secrets.randbelow(1 << 20)


class Phones:
    def __init__(self, world: World) -> None:
        self._world = world

    # following

    def follow(self, openid: str, *, scene: str | None = None) -> Sent:
        self._world.users.get(openid)
        self._world.users.follow(openid, scene)
        self._note(openid, "已关注")
        key = f"qrscene_{scene}" if scene else ""
        extra: Fields = [("Ticket", _ticket(scene))] if scene else []
        return self.event(openid, "subscribe", [("EventKey", key), *extra])

    def unfollow(self, openid: str) -> Sent:
        self._world.users.follower(openid)
        self._world.users.unfollow(openid)
        self._world.windows.close(openid)
        self._note(openid, "已取消关注")
        return self.event(openid, "unsubscribe", [("EventKey", "")])

    def scan(self, openid: str, scene: str) -> Sent:
        """Scan a parametric code: following by it the first time, SCAN afterwards."""
        if not self._world.users.get(openid).follows:
            return self.follow(openid, scene=scene)
        return self.event(openid, "SCAN", [("EventKey", scene), ("Ticket", _ticket(scene))])

    # messages

    def say(self, openid: str, text: str, *, menu_id: str | None = None) -> Sent:
        if not text:
            raise BadCall("empty_text", "请先输入内容。")
        fields: Fields = [("Content", text)]
        if menu_id is not None:
            fields = [*fields, ("bizmsgmenuid", menu_id)]
        # A tap on an item of a msgmenu counts as a menu click, not as a message.
        trigger: Trigger = "message" if menu_id is None else "click"
        return self._message(openid, "text", fields, Shown("text", text), trigger)

    def send_photo(self, openid: str, data: bytes, *, unchecked: bool = False) -> Sent:
        """Send a picture; `unchecked` lets through what no phone would send."""
        self._world.users.follower(openid)
        if not data:
            raise BadCall("empty_photo", "请选择一张照片。")
        if not unchecked:
            _check_photo(data)
        medium = self._world.media.put(data, type_="image")
        address = f"/mmbiz/{medium.media_id}/0"
        base = f"http://127.0.0.1:{self._world.config.port}"
        return self._message(
            openid,
            "image",
            [("PicUrl", base + address), ("MediaId", medium.media_id)],
            Shown("image", "[图片]", extra={"media_id": medium.media_id}),
        )

    def send_place(
        self, openid: str, *, latitude: float, longitude: float, label: str, scale: int = 16
    ) -> Sent:
        """Send a place; coordinates in GCJ-02, as the phone's map has them."""
        if not (math.isfinite(latitude) and math.isfinite(longitude)):
            raise BadCall("bad_place", "坐标不是数字。")
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise BadCall("bad_place", "坐标超出范围。")
        latitude, longitude = round(latitude, 6), round(longitude, 6)
        return self._message(
            openid,
            "location",
            [
                ("Location_X", latitude),
                ("Location_Y", longitude),
                ("Scale", scale),
                ("Label", label),
            ],
            Shown(
                "location",
                label or "[位置]",
                extra={"latitude": latitude, "longitude": longitude, "label": label},
            ),
        )

    def send_recording(
        self, openid: str, data: bytes, *, kind: str = "voice", unchecked: bool = False
    ) -> Sent:
        """Send a recording (AMR, at most a minute) or a short video (MP4)."""
        self._world.users.follower(openid)
        if kind not in ("voice", "video", "shortvideo"):
            raise BadCall("bad_kind", "kind 只能是 voice、video 或 shortvideo。")
        if not data:
            raise BadCall("empty_recording", "请选择一个文件。")
        found = format_of(data)
        wanted = ".amr" if kind == "voice" else ".mp4"
        if not unchecked and (found is None or found.suffix != wanted):
            raise BadCall("not_a_recording", "语音只能是 AMR，视频只能是 MP4。", 415)
        type_ = "voice" if kind == "voice" else "video"
        medium = self._world.media.put(data, type_=type_)
        more: Fields = [("Format", "amr")] if kind == "voice" else [("ThumbMediaId", "thumb")]
        return self._message(
            openid,
            kind,
            [("MediaId", medium.media_id), *more],
            Shown(
                type_,
                "[语音]" if kind == "voice" else "[视频]",
                extra={"media_id": medium.media_id},
            ),
        )

    def consent(
        self, openid: str, template_id: str, *, is_given: bool, by_switch: bool = False
    ) -> Sent:
        """Answer the question for subscription notices, or turn the switch in the settings."""
        self._world.users.get(openid)
        try:
            template = self._world.notices.template(template_id, subscription=True)
        except ApiError as error:
            raise BadCall("unknown_template", "没有这个订阅通知模板。", 404) from error
        if is_given or by_switch:
            # Refusing once takes nothing back that was given before.
            self._world.notices.consent(openid, template, is_given=is_given)
        name = "subscribe_msg_change_event" if by_switch else "subscribe_msg_popup_event"
        listed: Fields = [
            ("TemplateId", template_id),
            ("SubscribeStatusString", "accept" if is_given else "reject"),
        ]
        if not by_switch:
            listed = [*listed, ("PopupScene", 2)]
        holder = "SubscribeMsgChangeEvent" if by_switch else "SubscribeMsgPopupEvent"
        return self.event(openid, name, [(holder, [("List", listed)])])

    # menu

    def tap(self, openid: str, *, key: str | None = None, url: str | None = None) -> Sent:
        """Tap a button of the menu, named by its key or, a link, by its address."""
        self._world.users.follower(openid)
        button = self._button(key, url)
        if button["type"] == "click":
            return self.event(openid, "CLICK", [("EventKey", str(button["key"]))])
        if button["type"] == "view":
            address = str(button["url"])
            sent = self.event(openid, "VIEW", [("EventKey", address)])
            return Sent(sent.push_id, sent.message_id, sent.outcome, address)
        raise BadCall("unsupported_button", "模拟器还不支持这种按钮。", 409)

    def _button(self, key: str | None, url: str | None) -> Button:
        for button in self._world.menu.buttons():
            if key is not None and button.get("key") == key:
                return button
            if url is not None and button.get("url") == url:
                return button
        raise BadCall("unknown_button", "菜单里没有这个按钮。", 404)

    # events

    def event(self, openid: str, event: str, fields: Fields) -> Sent:
        self._heard(openid, _OPENING_EVENTS.get(event))
        is_answered = event not in UNANSWERED_EVENTS
        return self._push(
            Push(
                openid=openid,
                kind=event,
                xml=self._xml(openid, "event", [("Event", event), *fields]),
                max_articles=EVENT_ARTICLES if is_answered else NO_REPLY,
                tells_of_faults=is_answered,
            )
        )

    def raw(
        self,
        openid: str,
        xml: str,
        *,
        forgery: Forgery,
        deliveries: int = 1,
        copies: int = 1,
        max_articles: int = MESSAGE_ARTICLES,
    ) -> Sent:
        """Push any document in any envelope; faults are not shown on the phone."""
        self._world.users.get(openid)
        return self._push(
            Push(
                openid=openid,
                kind="raw",
                xml=xml,
                max_articles=max_articles,
                tells_of_faults=False,
                deliveries=deliveries,
                copies=copies,
                forgery=forgery,
            )
        )

    def again(self, push_id: int) -> Sent:
        """Deliver a push once more, as it was: the same message with the same MsgId."""
        row = self._world.store.one("SELECT openid, xml FROM pushes WHERE id = ?", push_id)
        if row is None:
            raise BadCall("unknown_push", "没有这次推送。", 404)
        return self.raw(row["openid"], row["xml"], forgery=Forgery(), deliveries=DELIVERIES)

    # ---

    def _message(
        self, openid: str, kind: str, fields: Fields, shown: Shown, trigger: Trigger = "message"
    ) -> Sent:
        self._world.users.follower(openid)
        message_id = new_message_id()
        with self._world.store.transaction():
            self._world.chat.add(openid, shown, sender="resident")
            self._heard(openid, trigger)
        xml = self._xml(openid, kind, [*fields, ("MsgId", message_id)])
        push = Push(openid=openid, kind=kind, xml=xml, max_articles=MESSAGE_ARTICLES)
        sent = self._push(push)
        return Sent(sent.push_id, message_id, sent.outcome)

    def _xml(self, openid: str, kind: str, fields: Fields) -> str:
        return write(
            [
                ("ToUserName", self._world.config.account),
                ("FromUserName", openid),
                ("CreateTime", self._world.clock.push_now()),
                ("MsgType", kind),
                *fields,
            ]
        )

    def _note(self, openid: str, words: str) -> None:
        self._world.chat.add(openid, Shown("notice", words), sender="system")

    def _heard(self, openid: str, trigger: Trigger | None) -> None:
        if trigger is not None:
            self._world.users.heard(openid)
            self._world.windows.open(openid, trigger)

    def _push(self, push: Push) -> Sent:
        push_id, outcome = self._world.pusher.submit(push)
        return Sent(push_id, None, outcome)


def _ticket(scene: str) -> str:
    return f"gQSIM_{scene.encode().hex()}"


def _check_photo(data: bytes) -> None:
    if len(data) > MAX_PHOTO_BYTES:
        raise BadCall("photo_too_large", "照片超过 10 MB，请换一张。", 413)
    found = format_of(data)
    if found is None or found.suffix not in (".jpg", ".png"):
        raise BadCall("not_a_photo", "只能发送 JPEG 或 PNG 照片。", 415)
