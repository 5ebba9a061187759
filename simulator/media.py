"""Temporary media: what residents send and what the account uploads, kept for three days."""

import secrets
from dataclasses import dataclass

from .clock import Clock
from .store import Store

LIFETIME_S = 3 * 86400


@dataclass(frozen=True, slots=True)
class Medium:
    media_id: str
    type: str
    mime: str
    suffix: str
    data: bytes
    created_at: int


@dataclass(frozen=True, slots=True)
class Format:
    mime: str
    suffix: str


_SIGNATURES = (
    (b"\xff\xd8\xff", Format("image/jpeg", ".jpg")),
    (b"\x89PNG\r\n\x1a\n", Format("image/png", ".png")),
    (b"GIF8", Format("image/gif", ".gif")),
    (b"BM", Format("image/bmp", ".bmp")),
    (b"#!AMR", Format("audio/amr", ".amr")),
    (b"ID3", Format("audio/mpeg", ".mp3")),
    (b"\xff\xfb", Format("audio/mpeg", ".mp3")),
)


def format_of(data: bytes) -> Format | None:
    """Tell what bytes are by their beginning."""
    for signature, found in _SIGNATURES:
        if data.startswith(signature):
            return found
    return Format("video/mp4", ".mp4") if data[4:8] == b"ftyp" else None


class MediaShelf:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, data: bytes, *, type_: str) -> Medium:
        known = format_of(data) or Format("application/octet-stream", ".bin")
        now = self._clock.now()
        medium = Medium(secrets.token_urlsafe(48), type_, known.mime, known.suffix, data, int(now))
        with self._store.transaction():
            self._store.run("DELETE FROM media WHERE created_at < ?", now - LIFETIME_S - 86400)
            self._store.run(
                "INSERT INTO media (media_id, type, mime, suffix, data, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                medium.media_id,
                type_,
                known.mime,
                known.suffix,
                data,
                now,
            )
        return medium

    def get(self, media_id: str) -> Medium | None:
        """Return a medium that has not expired."""
        row = self._store.one(
            "SELECT media_id, type, mime, suffix, data, created_at FROM media"
            " WHERE media_id = ? AND created_at > ?",
            media_id,
            self._clock.now() - LIFETIME_S,
        )
        if row is None:
            return None
        return Medium(
            row["media_id"],
            row["type"],
            row["mime"],
            row["suffix"],
            bytes(row["data"]),
            int(row["created_at"]),
        )

    def type_of(self, media_id: str) -> str | None:
        row = self._store.one(
            "SELECT type FROM media WHERE media_id = ? AND created_at > ?",
            media_id,
            self._clock.now() - LIFETIME_S,
        )
        return None if row is None else str(row["type"])
