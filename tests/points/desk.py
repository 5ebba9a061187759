"""The points desk as tests use it: a member of staff at his browser."""

from flask import Flask, g
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts import Role
from tests import factories
from tests.pages import Form, Page, page_of, sign_in_as, submit


class Desk:
    """Somebody with a role, signed in."""

    def __init__(
        self, app: Flask, session: Session, role: Role = Role.POINTS_OPERATOR, name: str = "周洁"
    ) -> None:
        self.client = app.test_client()
        self.staff_id = factories.a_member_of_staff(session, role=role, name=name)
        sign_in_as(self.client, session, self.staff_id)
        self.path = ""

    def get(self, path: str) -> TestResponse:
        # The tests' one context would remember another browser's token.
        g.pop("csrf_token", None)
        return self.client.get(f"/console/points{path}")

    def look(self, path: str, status: int = 200) -> Page:
        answer = self.get(path)
        assert answer.status_code == status, (answer.status, answer.location)
        self.path = f"/console/points{path}"
        return page_of(answer)

    def send(self, form: Form, **changed: object) -> TestResponse:
        action = form.action or self.path
        return submit(self.client, Form(action, form.method, form.fields), **changed)

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send what no page offered, with a token of a page that is open to everybody here."""
        g.pop("csrf_token", None)
        token = page_of(self.client.get("/console/cases")).forms[0].fields["csrf_token"]
        form = Form(f"/console/points{path}", "post", {"csrf_token": token})
        return submit(self.client, form, **fields)

    def done(self, answer: TestResponse) -> str:
        """Follow to the next page; return what it says was done."""
        assert answer.status_code == 303, page_of(answer).alerts
        g.pop("csrf_token", None)
        page = page_of(self.client.get(answer.location))
        return page.text


def form_with(page: Page, **fields: str) -> Form:
    """Return the form whose fields have these values, or whose action ends as named."""
    action = fields.pop("action", "")
    return next(
        form
        for form in page.forms
        if form.action.endswith(action)
        and all(form.fields.get(name) == value for name, value in fields.items())
        and form.method == "post"
        and not form.action.endswith("sign-out")
    )
