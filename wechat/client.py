"""What we ask of the platform: messages out, pictures in, the menu.

wechatpy writes the requests; what it does with tokens, connections and answers is replaced here,
in `line`, `answers` and `tokens`. No call may be made inside a transaction: the platform can
take seconds.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NoReturn, TypeVar

from pydantic import SecretStr
from wechatpy.client import WeChatClient

from kernel.settings import Settings

from .answers import (
    Json,
    MediaGone,
    MediaTooLarge,
    MediaUnsupported,
    Misconfigured,
    NotAFollower,
    PlatformBusy,
    PlatformError,
    QuotaReached,
    TokenRefused,
    WindowClosed,
    as_answer,
    as_file,
    as_token,
)
from .line import Ask, Line
from .tokens import Fetched, TokenSource, TokenUnavailable

__all__ = [
    "Client",
    "MediaGone",
    "MediaTooLarge",
    "MediaUnsupported",
    "Misconfigured",
    "NotAFollower",
    "PlatformBusy",
    "PlatformError",
    "QuotaReached",
    "TokenRefused",
    "WindowClosed",
    "connect",
    "current",
    "use",
]

log = logging.getLogger(__name__)

T = TypeVar("T")

_NO_MENU = 46003
# Known from mass messages; for templates the documentation names no code for a repeated id.
_SENT_BEFORE = 45065


class Client:
    """The platform's API as far as we use it; threads share one. Every call may raise PlatformError."""

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        api_base: str,
        tokens: TokenSource,
        connect_timeout_s: float = 2.0,
        read_timeout_s: float = 4.0,
        file_timeout_s: float = 30.0,
    ) -> None:
        self._line = Line(
            api_base, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s
        )
        self._file_timeout_s = file_timeout_s
        within_s = connect_timeout_s + read_timeout_s
        self._api = _Api(app_id, SecretStr(app_secret), self._line, tokens, within_s=within_s)

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

    def fetch_media(self, media_id: str, *, limit: int) -> bytes:
        """Return a file that a person sent; nothing beyond `limit` bytes is read.

        Raises MediaGone, MediaUnsupported (a video) and MediaTooLarge besides the others.
        """
        return self._api.download(media_id, limit=limit, within_s=self._file_timeout_s)

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


class _Api(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """wechatpy's client with its way of asking replaced: all its helpers end in `_request`."""

    def __init__(
        self, app_id: str, secret: SecretStr, line: Line, tokens: TokenSource, *, within_s: float
    ) -> None:
        super().__init__(app_id, secret="", auto_retry=False)
        self._app_secret = secret
        self._line = line
        self._tokens = tokens
        self._within_s = within_s

    @property
    def access_token(self) -> str:
        return self._token()

    def fetch_access_token(self) -> NoReturn:
        raise NotImplementedError("the token source says when to fetch")

    def download(self, media_id: str, *, limit: int, within_s: float) -> bytes:
        def ask(token: str) -> bytes:
            wanted = Ask(
                method="GET",
                endpoint="media/get",
                query={"media_id": media_id, "access_token": token},
                within_s=within_s,
                limit=limit,
                too_long=MediaTooLarge,
            )
            return self._exchange(wanted, partial(as_file, unsaid=token))

        return self._with_token(ask)

    def _request(
        self,
        method: str,
        url_or_endpoint: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, object] | None = None,
    ) -> Json:
        if "://" in url_or_endpoint:
            raise ValueError("the access token goes to the configured address only")
        body = None if data is None else _to_json(data)

        def ask(token: str) -> Json:
            wanted = Ask(
                method=method.upper(),
                endpoint=url_or_endpoint,
                query={**(params or {}), "access_token": token},
                body=body,
                within_s=self._within_s,
            )
            # What changes something is done when the platform says so; getters just answer.
            reader = partial(as_answer, unsaid=token, must_confirm=body is not None)
            return self._exchange(wanted, reader)

        return self._with_token(ask)

    def _with_token(self, ask: Callable[[str], T]) -> T:
        token = self._token()
        try:
            return ask(token)
        except TokenRefused:
            pass  # once: the second refusal is the caller's to know
        return ask(self._token(refused=token))

    def _token(self, *, refused: str | None = None) -> str:
        try:
            return self._tokens.token(self._fetch, refused=refused)
        except TokenUnavailable:
            pass
        raise PlatformBusy(None, "no access token yet")

    def _fetch(self, *, is_forced: bool) -> Fetched:
        secret = self._app_secret.get_secret_value()
        body = _to_json(
            {
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": secret,
                "force_refresh": is_forced,
            }
        )
        wanted = Ask(method="POST", endpoint="stable_token", body=body, within_s=self._within_s)
        try:
            return self._exchange(wanted, partial(as_token, unsaid=secret))
        except PlatformError as failure:
            # What the token was wanted for has not been asked.
            failure.may_have_happened = False
            raise

    def _exchange(self, ask: Ask, read: Callable[[bytes], T]) -> T:
        started = time.monotonic()
        try:
            return read(self._line.exchange(ask))
        except PlatformError as failure:
            log.log(
                logging.ERROR if isinstance(failure, Misconfigured) else logging.WARNING,
                "%s failed: %s errcode=%s rid=%s %d ms",
                ask.endpoint,
                failure.errmsg if failure.errcode is None else failure.__class__.__name__,
                "-" if failure.errcode is None else failure.errcode,
                failure.rid or "-",
                (time.monotonic() - started) * 1000,
            )
            raise


def _to_json(data: Mapping[str, object]) -> bytes:
    # The platform shows \u escapes as they stand; half a surrogate pair has no bytes: "?".
    return json.dumps(dict(data), ensure_ascii=False).encode("utf-8", "replace")


_client: Client | None = None


def connect(settings: Settings) -> Client:
    """Make this process's client (the composition root calls it once)."""
    made = Client(
        app_id=settings.wechat_app_id,
        app_secret=settings.wechat_app_secret.get_secret_value(),
        api_base=settings.wechat_api_base,
        tokens=TokenSource(f"access_token:{settings.wechat_app_id}"),
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
