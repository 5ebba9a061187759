import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from exchange import views
from exchange.rules import PER_MINUTE_WITHOUT_KEY
from kernel.bursts import Limiter
from tests.exchange.asking import Program, a_key
from tests.factories import a_member_of_staff
from tests.pages import sign_in_as


@pytest.fixture(autouse=True)
def _fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count nobody's questions of another test."""
    monkeypatch.setattr(views, "_STRANGERS", Limiter(PER_MINUTE_WITHOUT_KEY, 60))


@pytest.fixture
def nobody(client: FlaskClient) -> Program:
    return Program(client)


@pytest.fixture
def patrol(client: FlaskClient, session: Session) -> Program:
    """Give a program that may do everything."""
    return Program(client, a_key(session, source="patrol", name="巡查系统"))


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> FlaskClient:
    """Give the desk of somebody who may do everything."""
    sign_in_as(client, session, a_member_of_staff(session))
    return client
