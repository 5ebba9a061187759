"""Pages as tests read them: forms with their fields, links, headings, text; and who calls."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from flask import g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.access import COOKIE
from accounts.models import StaffSession
from accounts.queries import token_hash
from kernel import clock

_VOID = {"input", "img", "meta", "link", "br", "wbr", "hr", "source"}


@dataclass
class Form:
    """A form as the browser would send it untouched."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    is_folded: bool = False


def _is_sent(given: dict[str, str]) -> bool:
    kind = given.get("type")
    return kind != "file" and (kind not in ("checkbox", "radio") or "checked" in given)


class Page(HTMLParser):
    """An HTML page, taken apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.headings: list[str] = []
        self.alerts: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[tuple[str, dict[str, str], int]] = []
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            is_folded = any(tag == "details" and "open" not in a for tag, a, _ in self._open)
            self.forms.append(
                Form(given.get("action", ""), given.get("method", "get"), is_folded=is_folded)
            )
        elif tag == "input" and "name" in given and _is_sent(given):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "option" and "selected" in given:
            select = next(a for tag, a, _ in reversed(self._open) if tag == "select")
            self.forms[-1].fields[select["name"]] = given["value"]
        if tag not in _VOID:
            self._open.append((tag, given, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise AssertionError(f"</{tag}> closes nothing, open: {[o[0] for o in self._open]}")
        _, given, start = self._open.pop()
        words = " ".join(self.text[start:].split())
        if tag == "a":
            self.links[words] = given.get("href", "")
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(words)
        elif tag == "textarea" and "name" in given:
            # A browser leaves out the first line feed of a text area.
            self.forms[-1].fields[given["name"]] = self.text[start:].removeprefix("\n")
        if given.get("role") == "alert":
            self.alerts.append(words)

    def handle_data(self, data: str) -> None:
        self.text += data

    def form(self, move: str) -> Form:
        """Return the form of a move at the desk."""
        return next(form for form in self.forms if form.fields.get("move") == move)

    def moves(self) -> list[str]:
        return [form.fields["move"] for form in self.forms if "move" in form.fields]


def page_of(response: TestResponse) -> Page:
    assert response.mimetype == "text/html"
    page = Page(response.get_data(as_text=True))
    assert not page._open, "every element is closed"
    return page


def sign_in_as(client: FlaskClient, session: Session, staff_id: int) -> None:
    """Give the client a session of this member of staff, without a password."""
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=token_hash(token),
            staff_id=staff_id,
            expires_at=clock.now() + timedelta(hours=1),
        )
    )
    session.commit()
    client.set_cookie(COOKIE, token)


def another_browser(client: FlaskClient) -> FlaskClient:
    """Give a browser beside the first one.

    pytest-flask keeps one context for the whole test, with the first browser's token and member
    of staff in it: without this, the second browser would be shown them.
    """
    for kept in ("csrf_token", "staff"):
        g.pop(kept, None)
    return client.application.test_client()


def submit(client: FlaskClient, form: Form, **changed: Any) -> TestResponse:  # noqa: ANN401  # a field is text, a file, or several files
    """Send a form with some fields changed; None leaves a field out."""
    fields = {k: v for k, v in {**form.fields, **changed}.items() if v is not None}
    response = client.post(form.action, data=fields)
    # Werkzeug's client leaves the temporary file of a large upload to the collector.
    response.request.environ["wsgi.input"].close()
    return response
