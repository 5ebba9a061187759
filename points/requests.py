"""What was answered to a request, kept under its key: a repetition gets the first answer.

A refusal is kept too: a "no" does not become a "yes" behind somebody's back because points came
in between two tries. The scope's lock (a wallet's) is held by the caller, so that two requests
of one key never run at once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from kernel import clock

from .errors import BadKey, KeyReused
from .models import Request as Kept
from .rules import LONGEST_KEY

Answer = Mapping[str, object]


def digest(**body: object) -> str:
    """Return a hash of what was asked; the order of the fields does not matter."""
    text = json.dumps(body, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Request:
    """A request's key within its scope, and a hash of what it asks."""

    scope: str
    key: str
    body_sha: str

    def __post_init__(self) -> None:
        if not 8 <= len(self.key) <= LONGEST_KEY or not self.key.isprintable():
            raise BadKey


def earlier(session: Session, request: Request) -> Answer | None:
    """Return the answer that this request got before; raise KeyReused for another body."""
    row = session.execute(
        select(Kept.body_sha, Kept.answer).where(
            Kept.scope == request.scope, Kept.key == request.key
        )
    ).one_or_none()
    return None if row is None else same(request, row.body_sha, row.answer)


def same(request: Request, body_sha: str | None, answer: Answer | None) -> Answer | None:
    """Return what was kept under the key, None for nothing; raise KeyReused for another body."""
    if body_sha is None or answer is None:
        return None
    if body_sha != request.body_sha:
        raise KeyReused
    return dict(answer)


def remember(session: Session, request: Request, answer: Answer) -> None:
    session.execute(insert(Kept).values(**request.__dict__, answer=dict(answer)))


def forget(session: Session, *, days: int) -> int:
    """Drop old answers; what they did stays guarded by its natural keys. Return how many."""
    cut = clock.now() - timedelta(days=days)
    gone = session.execute(delete(Kept).where(Kept.at < cut).returning(Kept.key))
    return len(gone.all())
