"""What stands on a phone's screen, in both directions."""

import json
from dataclasses import dataclass, field
from typing import Literal

from .clock import Clock
from .linkify import links, segments
from .store import Store

Sender = Literal["resident", "account", "system"]
Via = Literal["passive", "custom", "template", "subscription"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as a phone shows it; `extra` holds what only its kind has."""

    kind: str
    text: str
    url: str | None = None
    extra: dict[str, object] = field(default_factory=dict)


class Chat:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, openid: str, shown: Shown, *, sender: Sender, via: Via | None = None) -> int:
        return self._store.run(
            "INSERT INTO messages (openid, at, sender, kind, text, url, via, extra)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            openid,
            self._clock.now(),
            sender,
            shown.kind,
            shown.text,
            shown.url,
            via,
            json.dumps(shown.extra, ensure_ascii=False),
        )

    def screen(self, openid: str, *, after: int = 0) -> list[dict[str, object]]:
        rows = self._store.all(
            "SELECT id, at, sender, kind, text, url, via, extra FROM messages"
            " WHERE openid = ? AND id > ? ORDER BY id",
            openid,
            after,
        )
        return [self._message(dict(row)) for row in rows]

    @staticmethod
    def _message(row: dict[str, object]) -> dict[str, object]:
        text, url = str(row["text"]), row["url"]
        extra: dict[str, object] = json.loads(str(row["extra"]))
        addresses = links(text)
        if isinstance(url, str) and url not in addresses:
            addresses.insert(0, url)
        return {
            **extra,
            "id": row["id"],
            "time": row["at"],
            "sender": row["sender"],
            "kind": row["kind"],
            "text": text,
            "url": url or (addresses[0] if addresses else None),
            "links": addresses,
            "segments": segments(text),
            "via": row["via"],
        }
