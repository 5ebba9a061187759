"""A resident's browser before the pages of points."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages import Form, Page, page_of, submit

SignedIn = Callable[[int], FlaskClient]
BROWSER = {"Accept": "text/html"}


def look(client: FlaskClient, path: str, status: int = 200) -> Page:
    answer = client.get(path, headers=BROWSER, base_url="http://city.test")
    assert answer.status_code == status, answer.status
    return page_of(answer)


def send(client: FlaskClient, form: Form, **changed: object) -> TestResponse:
    with_host = Form(f"http://city.test{form.action}", form.method, form.fields)
    return submit(client, with_host, **changed)


def the_form(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action.endswith(action))


def redemption_id(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = re.fullmatch(r"/points/redemptions/([0-9a-f-]{36})", answer.location)
    assert found
    return found[1]
