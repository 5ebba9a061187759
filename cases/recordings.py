"""Voice messages and short videos: noted when they are sent, stored when their bytes are there.

They are kept as they came: nothing here plays or converts them. The desk hears and sees them.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, Literal

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import blobs

from .forgetting import hold
from .models import Recording

LARGEST: Final = 20 * 1024 * 1024  # bytes; the platform's own limit for a video is 10 MB

Kind = Literal["voice", "video"]
# How files of this kind begin, after so many bytes. AMR and Speex are the platform's voice formats.
_BEGINNINGS: Final = {
    "voice": {
        "amr": (0, b"#!AMR"),
        "speex": (0, b"Speex"),
        "mp3": (0, b"ID3"),
        "ogg": (0, b"OggS"),
    },
    "video": {"mp4": (4, b"ftyp")},
}
_MP3_FRAME: Final = b"\xff"


def receive_recording(session: Session, *, citizen_id: int, origin: str, kind: Kind) -> int:
    """Take note of a recording whose bytes are on their way; the same origin again is one."""
    recording_id = session.scalar(
        insert(Recording)
        .values(origin=origin, citizen_id=citizen_id, kind=kind)
        .on_conflict_do_nothing()
        .returning(Recording.id)
    )
    if recording_id is None:
        recording_id = session.scalars(select(Recording.id).where(Recording.origin == origin)).one()
    return recording_id


def recording_format(kind: str, data: bytes) -> str | None:
    """Return how the file's name ends, None where it is no recording of this kind that we know."""
    for ending, (start, mark) in _BEGINNINGS[kind].items():
        if data[start : start + len(mark)] == mark:
            return ending
    return "mp3" if kind == "voice" and data[:1] == _MP3_FRAME and data[1:2] >= b"\xe0" else None


def store_recording(session: Session, *, recording_id: int, data: bytes) -> bool:
    """Give a pending recording its bytes; False, and `refused`, where they are none."""
    kind = session.scalars(select(Recording.kind).where(Recording.id == recording_id)).one()
    ending = recording_format(kind, data) if len(data) <= LARGEST else None
    if ending is None:
        give_up_recording(session, recording_id=recording_id, state="refused")
        return False
    hold(session, data)
    session.execute(
        update(Recording)
        .where(Recording.id == recording_id, Recording.state == "pending")
        .values(
            state="stored",
            blob_key=blobs.store().put(data, ending),
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
    )
    return True


def give_up_recording(session: Session, *, recording_id: int, state: str) -> None:
    """Mark a pending recording as `refused` (no recording) or `lost` (gone at the platform)."""
    session.execute(
        update(Recording)
        .where(Recording.id == recording_id, Recording.state == "pending")
        .values(state=state)
    )


def loose(session: Session, citizen_id: int | None, recording_ids: Sequence[int]) -> Sequence[int]:
    """Return those of the recordings that the citizen sent and that belong to no case yet."""
    if citizen_id is None or not recording_ids:
        return ()
    return session.scalars(
        select(Recording.id).where(
            Recording.id.in_(recording_ids),
            Recording.citizen_id == citizen_id,
            Recording.case_id.is_(None),
        )
    ).all()


def adopt(session: Session, *, case_id: int, recording_ids: Sequence[int]) -> None:
    """Give loose recordings to a case; one that a case has already stays where it is."""
    if recording_ids:
        session.execute(
            update(Recording)
            .where(Recording.id.in_(recording_ids), Recording.case_id.is_(None))
            .values(case_id=case_id)
        )
