"""What we ask of the platform: messages out, pictures in, the menu.

How the platform is asked stands in `calls`, `line`, `answers` and `tokens`. No call may be made
inside a transaction: the platform can
take seconds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from pydantic import SecretStr

from kernel.settings import Settings

from .answers import (
    CodeRefused,
    ConsentSpent,
    MediaGone,
    MediaTooLarge,
    MediaUnsupported,
    Misconfigured,
    NotAFollower,
    PlatformBusy,
    PlatformError,
    QuotaReached,
    TemplateRefused,
    TokenRefused,
    Visitor,
    WindowClosed,
    lost,
)
from .calls import Calls
from .line import Line
from .tokens import TokenSource, TokenUnavailable

__all__ = [
    "Client",
    "CodeRefused",
    "ConsentSpent",
    "MediaGone",
    "MediaTooLarge",
    "MediaUnsupported",
    "Misconfigured",
    "NotAFollower",
    "PlatformBusy",
    "PlatformError",
    "Quota",
    "QuotaReached",
    "SceneCode",
    "TemplateRefused",
    "TokenRefused",
    "Visitor",
    "WindowClosed",
    "connect",
    "current",
    "use",
]

_NO_MENU = 46003
# Known from mass messages; for templates the documentation names no code for a repeated id.
_SENT_BEFORE = 45065


# What a link of a code may carry; the documentation gives the length alone.
_SCENE = re.compile(r"[!-~\u4e00-\u9fff]{1,64}")
_LONGEST_SCENE_S = 2_592_000


@dataclass(frozen=True, slots=True)
class SceneCode:
    """A parametric code: `url` is what to draw; the ticket leads to the platform's own drawing."""

    scene: str
    ticket: str
    url: str


@dataclass(frozen=True, slots=True)
class Quota:
    endpoint: str
    daily: int
    used: int


class Client:
    """The platform's API as far as we use it; threads share one. Every call may raise PlatformError."""

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        api_base: str,
        tokens: TokenSource,
        tickets: TokenSource,
        connect_timeout_s: float = 2.0,
        read_timeout_s: float = 4.0,
        file_timeout_s: float = 30.0,
    ) -> None:
        self._line = Line(
            api_base, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s
        )
        self._file_timeout_s = file_timeout_s
        self._tickets = tickets
        within_s = connect_timeout_s + read_timeout_s
        self._api = Calls(app_id, SecretStr(app_secret), self._line, tokens, within_s=within_s)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds the AppSecret and stays in its process")

    def close(self) -> None:
        self._line.close()

    def send_text(self, openid: str, content: str) -> None:
        """Send a customer-service message; sent twice, it is shown twice."""
        self._api.message.send_text(openid, content)

    def send_menu(
        self, openid: str, *, head: str, choices: Sequence[tuple[str, str]], tail: str
    ) -> None:
        """Send choices (id, words) to tap; a tap comes back as a text with that id."""
        listed = [{"id": choice, "content": words} for choice, words in choices]
        menu = {"head_content": head, "list": listed, "tail_content": tail}
        self._api.message.send_msg_menu(openid, menu)

    def send_template(
        self,
        openid: str,
        *,
        template_id: str,
        url: str,
        data: Mapping[str, str],
        client_msg_id: str,
    ) -> str:
        """Send a template message and return its msgid ("" when it had been sent before).

        The platform sends one message per openid and `client_msg_id` within ten minutes.
        """
        message = {
            "touser": openid,
            "template_id": template_id,
            "url": url,
            "client_msg_id": client_msg_id,
            "data": {name: {"value": value} for name, value in data.items()},
        }
        try:
            answer = self._api.post("message/template/send", data=message)
        except PlatformError as failure:
            if failure.errcode != _SENT_BEFORE:
                raise
            return ""
        return str(answer.get("msgid", ""))

    def send_subscription(
        self, openid: str, *, template_id: str, url: str, data: Mapping[str, str]
    ) -> str:
        """Send a subscription notice and return its msgid, "" where the platform names none.

        Raises ConsentSpent besides the others. Sent twice, it is shown twice if two were agreed to.
        """
        message = {
            "touser": openid,
            "template_id": template_id,
            "page": url,
            "data": {name: {"value": value} for name, value in data.items()},
        }
        return str(self._api.post("message/subscribe/bizsend", data=message).get("msgid", ""))

    def fetch_media(self, media_id: str, *, limit: int) -> bytes:
        """Return a file that a person sent; nothing beyond `limit` bytes is read.

        A video is fetched from the address that the platform gives for it. Raises MediaGone,
        MediaUnsupported (an address that is none of the platform's) and MediaTooLarge besides the
        others.
        """
        return self._api.download(media_id, limit=limit, within_s=self._file_timeout_s)

    def visitor(self, code: str) -> Visitor:
        """Return whose browser brought this code; a code is good once, for five minutes.

        Raises CodeRefused besides the others. The token that comes with the answer is dropped: it
        is good for nothing that we do.
        """
        return self._api.visitor(code)

    def js_ticket(self) -> str:
        """Return the ticket that signatures of pages are made with; one fetch for all processes."""
        try:
            return self._tickets.token(self._api.fetch_js_ticket)
        except TokenUnavailable:
            pass
        raise PlatformBusy(None, "no ticket yet")

    def create_code(self, scene: str, *, lasts_s: int | None = None) -> SceneCode:
        """Make a parametric QR code; whoever scans it follows us and tells us the scene.

        `scene` has 1 to 64 characters. Without `lasts_s` it lasts for ever, and an account may have
        100,000 of those; with it, 2,592,000 seconds (30 days) at most.
        """
        if not _SCENE.fullmatch(scene):
            raise ValueError("a scene has 1 to 64 printable characters")
        body: dict[str, object] = {
            "action_name": "QR_LIMIT_STR_SCENE" if lasts_s is None else "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if lasts_s is not None:
            body["expire_seconds"] = min(max(lasts_s, 60), _LONGEST_SCENE_S)
        answer = self._api.ask("POST", "qrcode/create", body, must_confirm=False)
        ticket, url = answer.get("ticket"), answer.get("url")
        if not isinstance(ticket, str) or not isinstance(url, str):
            raise lost("no ticket in the answer")
        return SceneCode(scene, ticket, url)

    def callback_addresses(self) -> tuple[str, ...]:
        """Return the addresses and networks that the platform delivers from."""
        found = self._api.get("getcallbackip").get("ip_list")
        if not isinstance(found, list):
            raise lost("no list in the answer")
        return tuple(each for each in found if isinstance(each, str))

    def quota(self, endpoint: str) -> Quota:
        """Return how often an endpoint (`cgi-bin/…`) may be called today, and was."""
        found = self._api.ask(
            "POST", "openapi/quota/get", {"cgi_path": f"/{endpoint}"}, must_confirm=False
        ).get("quota")
        figures = found if isinstance(found, dict) else {}
        daily, used = figures.get("daily_limit"), figures.get("used")
        if not isinstance(daily, int) or not isinstance(used, int):
            raise lost("no quota in the answer")
        return Quota(endpoint, daily, used)

    def push_menu(self, menu: Mapping[str, object]) -> None:
        """Replace the account's menu; phones show it within five minutes."""
        self._api.menu.create(menu)

    def current_menu(self) -> Mapping[str, object] | None:
        """Return the menu as it was pushed, or None if there is none."""
        try:
            answer = self._api.get("menu/get")
        except PlatformError as failure:
            if failure.errcode != _NO_MENU:
                raise
            return None
        menu = answer.get("menu")
        if not isinstance(menu, dict):
            return None
        return {name: _as_pushed(part) for name, part in menu.items()}


def _as_pushed(part: object) -> object:
    """Undo what the platform adds: an empty list of sub-buttons to every button without any."""
    if isinstance(part, list):
        return [_as_pushed(item) for item in part]
    if isinstance(part, dict):
        return {
            name: _as_pushed(item)
            for name, item in part.items()
            if (name, item) != ("sub_button", [])
        }
    return part


_client: Client | None = None


def connect(settings: Settings) -> Client:
    """Make this process's client (the composition root calls it once)."""
    made = Client(
        app_id=settings.wechat_app_id,
        app_secret=settings.wechat_app_secret.get_secret_value(),
        api_base=settings.wechat_api_base,
        tokens=TokenSource(f"access_token:{settings.wechat_app_id}"),
        # A ticket may have to wait for a token first.
        tickets=TokenSource(f"jsapi_ticket:{settings.wechat_app_id}", lease_s=60),
    )
    use(made)
    return made


def use(client: Client) -> None:
    """Let `current()` give this client."""
    global _client  # noqa: PLW0603  # one client a process
    _client = client


def current() -> Client:
    """Return the connected client."""
    if _client is None:
        raise RuntimeError("wechat.client.connect() was not called")
    return _client
