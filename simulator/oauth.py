"""open.weixin.qq.com: who is reading a page. Codes are good once and for five minutes."""

import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from .clock import Clock
from .config import Config
from .errors import ApiError, BadCall
from .store import Store

CODE_LIVES_S = 300
TOKEN_LIVES_S = 7200
REFRESH_LIVES_S = 30 * 86400
SCOPES = ("snsapi_base", "snsapi_userinfo")
ANSWERS = ("grant", "refuse", "ask")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page asks for."""

    redirect_uri: str
    scope: str
    state: str

    def back(self, code: str | None) -> str:
        """Return where the browser goes next; without a code when the person refused."""
        parts = urlsplit(self.redirect_uri)
        given = [("state", self.state)] if code is None else [("code", code), ("state", self.state)]
        query = "&".join(part for part in (parts.query, urlencode(given)) if part)
        return parts._replace(query=query, fragment="").geturl()


@dataclass(frozen=True, slots=True)
class Grant:
    openid: str
    scope: str
    access_token: str
    refresh_token: str


def read(address: str, config: Config) -> Wanted:
    """Read an authorize address; raise BadCall with the number that the platform's page shows."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if query.get("appid") != config.app_id:
        raise BadCall("10013", "appid 参数错误（10013）。")
    # Only the host is compared: it is entered in the platform's console without scheme and port.
    target = urlsplit(query.get("redirect_uri", ""))
    if target.scheme not in ("http", "https") or (
        target.hostname != urlsplit(config.callback_url).hostname
    ):
        raise BadCall("10003", "redirect_uri 域名与后台配置不一致（10003）。")
    if query.get("response_type") != "code" or query.get("scope") not in SCOPES:
        raise BadCall("10005", "scope 参数错误或没有权限（10005）。")
    state = query.get("state", "")
    if len(state.encode()) > 128:
        raise BadCall("bad_state", "state 不能超过 128 字节。")
    return Wanted(query["redirect_uri"], query["scope"], state)


class OAuth:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def code(self, openid: str, scope: str) -> str:
        code = secrets.token_hex(16)
        self._store.run(
            "INSERT INTO codes (code, openid, scope, at) VALUES (?, ?, ?, ?)",
            code,
            openid,
            scope,
            self._clock.now(),
        )
        return code

    def redeem(self, code: str) -> Grant:
        """Exchange a code, once; 40163 the second time, 40029 when it is unknown or too old."""
        with self._store.transaction():
            row = self._store.one(
                "SELECT openid, scope, at, is_used FROM codes WHERE code = ?", code
            )
            if row is None or self._clock.now() - row["at"] > CODE_LIVES_S:
                raise ApiError(40029, "invalid code")
            if row["is_used"]:
                raise ApiError(40163, "code been used")
            self._store.run("UPDATE codes SET is_used = 1 WHERE code = ?", code)
            return self._grant(row["openid"], row["scope"])

    def refresh(self, refresh_token: str) -> Grant:
        row = self._store.one(
            "SELECT openid, scope, refresh_at FROM grants WHERE refresh_token = ?", refresh_token
        )
        if row is None:
            raise ApiError(40030, "invalid refresh_token")
        if self._clock.now() - row["refresh_at"] > REFRESH_LIVES_S:
            raise ApiError(42002, "refresh_token expired")
        grant = Grant(row["openid"], row["scope"], secrets.token_urlsafe(60), refresh_token)
        self._store.run(
            "UPDATE grants SET access_token = ?, at = ? WHERE refresh_token = ?",
            grant.access_token,
            self._clock.now(),
            refresh_token,
        )
        return grant

    def check(self, access_token: str, openid: str) -> Grant:
        """Return what the token of this person grants; 40001, 42001 or 40003 otherwise."""
        row = self._store.one("SELECT * FROM grants WHERE access_token = ?", access_token)
        if row is None:
            raise ApiError(40001, "invalid credential")
        if self._clock.now() - row["at"] > TOKEN_LIVES_S:
            raise ApiError(42001, "access_token expired")
        if row["openid"] != openid:
            raise ApiError(40003, "invalid openid")
        return Grant(row["openid"], row["scope"], access_token, row["refresh_token"])

    def _grant(self, openid: str, scope: str) -> Grant:
        grant = Grant(openid, scope, secrets.token_urlsafe(60), secrets.token_urlsafe(60))
        now = self._clock.now()
        self._store.run(
            "INSERT INTO grants (access_token, refresh_token, openid, scope, at, refresh_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            grant.access_token,
            grant.refresh_token,
            openid,
            scope,
            now,
            now,
        )
        return grant
