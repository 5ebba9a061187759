"""A program of another system, as tests play it."""

import json
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from exchange import keys
from tests.factories import key as fresh

ROOT = "/open311/v2/"
ALL = ("report", "read", "details", "update")


def a_key(session: Session, *scopes: str, **more: Any) -> str:  # noqa: ANN401  # as `add_key`
    made = keys.add_key(session, name=more.pop("name", fresh()), scopes=scopes or ALL, **more)
    session.commit()
    return made


@dataclass
class Program:
    """Asks with a key, and reads JSON; `xml` asks for the other form."""

    client: FlaskClient
    key: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, what: str, status: int = 200, /, **query: object) -> Any:  # noqa: ANN401  # JSON
        answer = self.client.get(f"{ROOT}{what}.json", query_string=query, headers=self._headers())
        assert answer.status_code == status, answer.get_data(as_text=True)
        assert answer.content_type == "application/json; charset=utf-8"
        return json.loads(answer.data)

    def xml(self, what: str, status: int = 200, /, **query: object) -> Element:
        answer = self.client.get(f"{ROOT}{what}.xml", query_string=query, headers=self._headers())
        assert answer.status_code == status, answer.get_data(as_text=True)
        assert answer.content_type == "text/xml; charset=utf-8"
        assert answer.data.startswith(b"<?xml")
        page: Element = fromstring(answer.data)
        return page

    def post(self, what: str, status: int = 201, /, **form: object) -> Any:  # noqa: ANN401  # JSON
        answer = self.client.post(f"{ROOT}{what}.json", data=form, headers=self._headers())
        assert answer.status_code == status, answer.get_data(as_text=True)
        return json.loads(answer.data)

    def hand_in(self, **changed: object) -> str:
        """Hand in a request and return its number."""
        form = {
            "service_code": "C0101",
            "lat": "29.574500",
            "long": "106.530000",
            "description": "井盖破损",
        }
        made: str = self.post("requests", **(form | changed))[0]["service_request_id"]
        return made

    def _headers(self) -> dict[str, str]:
        return ({"X-API-Key": self.key} if self.key else {}) | self.headers
