"""What this process keeps of facilities begins anew with each test."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import accounts
from convenience import cards, following
from convenience.cards import CARDS
from tests import factories
from tests.convenience.desks import Desk
from tests.pages import sign_in_as


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


@pytest.fixture
def desk(client: FlaskClient, session: Session) -> Desk:
    editor = factories.a_member_of_staff(session, role=accounts.Role.DATA_EDITOR)
    sign_in_as(client, session, editor)
    return Desk(client)
