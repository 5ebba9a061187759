"""Parametric QR codes: a ticket, its picture's address, and the scene that scanning it tells."""

import re
import secrets
from dataclasses import dataclass

from .clock import Clock
from .errors import ApiError
from .store import Store

LONGEST_S = 2_592_000
DEFAULT_S = 60
MOST_LASTING = 100_000
_TEMPORARY = {"QR_SCENE": False, "QR_STR_SCENE": True}
_LASTING = {"QR_LIMIT_SCENE": False, "QR_LIMIT_STR_SCENE": True}


@dataclass(frozen=True, slots=True)
class Code:
    ticket: str
    scene: str
    url: str
    expires_s: int | None


class QrCodes:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, action: object, scene: object, expire_seconds: object) -> Code:
        """Make a code, or raise 40053 for a scene that does not fit its kind."""
        if not isinstance(action, str) or action not in (_TEMPORARY | _LASTING):
            raise ApiError(40099, "invalid action name")
        given = scene if isinstance(scene, dict) else {}
        value = _scene(
            given, is_text=(_TEMPORARY | _LASTING)[action], is_lasting=action in _LASTING
        )
        expires_s = None
        if action in _TEMPORARY:
            asked = expire_seconds if isinstance(expire_seconds, int) else DEFAULT_S
            expires_s = min(max(asked, 1), LONGEST_S)
        with self._store.transaction():
            if expires_s is None:
                found = self._store.one(
                    "SELECT count(*) AS n FROM qrcodes WHERE expires_at IS NULL"
                )
                if found is not None and found["n"] >= MOST_LASTING:
                    raise ApiError(45009, "reach max qrcode limit")
            code = Code(
                ticket=f"gQ{secrets.token_urlsafe(60)}==",
                scene=value,
                url=f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}",
                expires_s=expires_s,
            )
            self._store.run(
                "INSERT INTO qrcodes (ticket, scene, url, expires_at) VALUES (?, ?, ?, ?)",
                code.ticket,
                code.scene,
                code.url,
                None if expires_s is None else self._clock.now() + expires_s,
            )
        return code

    def find(self, ticket_or_url: str) -> Code | None:
        """Return the code of this ticket or address, unless it has expired."""
        row = self._store.one(
            "SELECT * FROM qrcodes WHERE (ticket = ?1 OR url = ?1)"
            " AND (expires_at IS NULL OR expires_at > ?2)",
            ticket_or_url,
            self._clock.now(),
        )
        if row is None:
            return None
        return Code(row["ticket"], row["scene"], row["url"], None)


def _scene(given: dict[str, object], *, is_text: bool, is_lasting: bool) -> str:
    if is_text:
        value = given.get("scene_str")
        if isinstance(value, str) and re.fullmatch(r"[!-~\u4e00-\u9fff]{1,64}", value):
            return value
        raise ApiError(40053, "invalid action info")
    value = given.get("scene_id")
    highest = MOST_LASTING if is_lasting else 2**32 - 1
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= highest:
        return str(value)
    raise ApiError(40053, "invalid action info")
