"""What this process keeps of facilities begins anew with each test."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from convenience import cards, following
from convenience.cards import CARDS


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read facilities before each answer: the test's transaction is seen by nobody else."""
    monkeypatch.setattr(cards, "LOOK_AGAIN", timedelta(0))
    kept = following._source
    following.use(following.Follower(is_eager=True))
    CARDS.forget()
    yield
    following.use(kept)
    CARDS.forget()
