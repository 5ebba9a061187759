"""The report from any browser as tests fill it in."""

import uuid
from io import BytesIO

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from cases.models import Case
from tests import factories
from tests.convenience.places import HERE
from tests.pages import Page

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
AT_HERE = {"lat": f"{HERE[0]:.5f}", "lng": f"{HERE[1]:.5f}"}


def send(client: FlaskClient, step: str = "look", /, **changed: object) -> TestResponse:
    fields: dict[str, object] = {
        "request_key": uuid.uuid4().hex,
        "what": "路灯不亮",
        "place": "建新东路3号",
        "step": step,
        **changed,
    }
    headers = fields.pop("headers", SAME_ORIGIN)
    answer = client.post(
        "/report",
        base_url="http://city.test",
        data={name: value for name, value in fields.items() if value is not None},
        headers=headers,
    )
    answer.request.environ["wsgi.input"].close()
    return answer


def a_photo(name: str = "p.jpg", data: bytes | None = None) -> tuple[BytesIO, str]:
    return BytesIO(data or factories.image_bytes()), name


def all_cases(session: Session) -> list[Case]:
    return list(session.scalars(select(Case).order_by(Case.id)))


def the_case(session: Session) -> Case:
    (case,) = all_cases(session)
    return case


def fields_of(page: Page) -> dict[str, str]:
    """Return the fields of the form that files the report."""
    return next(form.fields for form in page.forms if "seen" in form.fields)
