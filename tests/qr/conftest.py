from collections.abc import Iterator

import pytest

import connections
from convenience import following
from convenience.cards import CARDS
from kernel.settings import Settings
from qr import keeper, views


@pytest.fixture(autouse=True)
def _fresh(settings: Settings) -> Iterator[None]:
    """Let signs and facilities be read in the test's own transaction, and nothing be left over."""
    kept, follower = keeper._keeper, following._source
    keeper.use(keeper.Keeper(is_eager=True))
    following.use(following.Follower(is_eager=True))
    CARDS.forget()
    views.PAGES.forget()
    views.UNKNOWN.forget()
    views.REPORTS.forget()
    connections.connect(settings)
    yield
    keeper.use(kept)
    following.use(follower)
