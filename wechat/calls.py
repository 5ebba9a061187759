"""How the platform is asked: with our token, once more when it was refused, bounded in time.

wechatpy writes some of the requests; what it does with tokens, connections and answers is replaced.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import NoReturn, TypeVar

from pydantic import SecretStr
from wechatpy.client import WeChatClient

from .answers import (
    Elsewhere,
    Json,
    MediaGone,
    MediaTooLarge,
    Misconfigured,
    PlatformBusy,
    PlatformError,
    TokenRefused,
    Visitor,
    as_answer,
    as_file,
    as_ticket,
    as_token,
    as_visitor,
)
from .line import Ask, Line
from .tokens import Fetched, TokenSource, TokenUnavailable

log = logging.getLogger("wechat.client")

T = TypeVar("T")


class Calls(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
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
        def ask(token: str) -> bytes | Elsewhere:
            wanted = Ask(
                method="GET",
                endpoint="media/get",
                query={"media_id": media_id, "access_token": token},
                within_s=within_s,
                limit=limit,
                too_long=MediaTooLarge,
            )
            return self._exchange(wanted, partial(as_file, unsaid=token, base=self._line.base))

        found = self._with_token(ask)
        if isinstance(found, bytes):
            return found
        video = Ask(
            method="GET",
            endpoint="a video's address",
            url=found.url,
            within_s=within_s,
            limit=limit,
            too_long=MediaTooLarge,
        )
        try:
            return self._exchange(video, bytes)
        except Misconfigured as refused:  # "HTTP 404": it is no longer there
            gone = MediaGone(None, str(refused))
        raise gone

    def fetch_js_ticket(self, *, is_forced: bool) -> Fetched:  # noqa: ARG002  # no such thing here
        def ask(token: str) -> Fetched:
            wanted = Ask(
                method="GET",
                endpoint="ticket/getticket",
                query={"type": "jsapi", "access_token": token},
                within_s=self._within_s,
            )
            return self._exchange(wanted, partial(as_ticket, unsaid=token))

        return self._with_token(ask)

    def visitor(self, code: str) -> Visitor:
        secret = self._app_secret.get_secret_value()
        # This endpoint takes the AppSecret in the query and nowhere else; `Line` quotes no query.
        query = {
            "appid": self.appid,
            "secret": secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        wanted = Ask(
            method="GET",
            root="sns",
            endpoint="oauth2/access_token",
            query=query,
            within_s=self._within_s,
        )
        return self._exchange(wanted, partial(as_visitor, unsaid=secret))

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
        return self.ask(method, url_or_endpoint, data, query=params)

    def ask(
        self,
        method: str,
        endpoint: str,
        data: Mapping[str, object] | None,
        *,
        query: Mapping[str, str] | None = None,
        must_confirm: bool = True,
    ) -> Json:
        """Ask with our token; what changes something is done when the platform says so."""
        body = None if data is None else _to_json(data)

        def ask(token: str) -> Json:
            wanted = Ask(
                method=method.upper(),
                endpoint=endpoint,
                query={**(query or {}), "access_token": token},
                body=body,
                within_s=self._within_s,
            )
            # Getters just answer.
            confirms = must_confirm and body is not None
            reader = partial(as_answer, unsaid=token, must_confirm=confirms)
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
