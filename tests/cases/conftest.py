"""What the tests of the operators' pages share: somebody at the desk, a file, the case afresh."""

from io import BytesIO
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import cases
from cases.rules import Status
from tests import factories
from tests.pages import Page, page_of, sign_in_as


class Desk(NamedTuple):
    client: FlaskClient
    staff_id: int

    def page(self, address: str) -> Page:
        response = self.client.get(address)
        assert response.status_code == 200
        return page_of(response)

    def case(self, case_id: int) -> Page:
        return self.page(f"/console/cases/{case_id}")


@pytest.fixture
def at_desk(client: FlaskClient, session: Session) -> Desk:
    staff_id = factories.a_member_of_staff(session, name="陈敏")
    sign_in_as(client, session, staff_id)
    return Desk(client, staff_id)


def a_file(data: bytes | None = None, name: str = "after.jpg") -> tuple[BytesIO, str]:
    return BytesIO(factories.image_bytes() if data is None else data), name


def now_in(session: Session, case_id: int) -> cases.CaseFile:
    """Read the case afresh, and leave no transaction open around what comes next."""
    session.expire_all()
    case = cases.case_file(session, case_id)
    session.commit()
    return case


def status_of(session: Session, case_id: int) -> Status:
    return now_in(session, case_id).status
