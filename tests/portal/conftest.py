"""What this process keeps of signs and facilities begins anew with each test."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

import cases
from convenience import following
from convenience.cards import CARDS
from portal.reporting import REPORTS
from qr import keeper
from tests import factories


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Let signs and facilities be read in the test's own transaction, and nothing be left over."""
    kept, follower = keeper._keeper, following._source
    keeper.use(keeper.Keeper(is_eager=True))
    following.use(following.Follower(is_eager=True))
    CARDS.forget()
    REPORTS.forget()
    yield
    keeper.use(kept)
    following.use(follower)
    CARDS.forget()


@pytest.fixture
def earlier(session: Session) -> cases.Reported:
    """Report a lamp that is out, here."""
    lamp = cases.suggest("路灯不亮")[0].code
    made = factories.a_report(session, text="路灯不亮，晚上很黑", class_code=lamp)
    session.commit()
    return made
