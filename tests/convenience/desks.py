"""A browser at the operators' desk."""

from typing import NamedTuple

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages import Page, page_of

LIST = "/console/facilities/"
IMPORTS = f"{LIST}imports/"
CORRECTIONS = f"{LIST}corrections/"


class Desk(NamedTuple):
    client: FlaskClient

    def page(self, address: str) -> Page:
        response = self.client.get(address)
        assert response.status_code == 200, response.get_data(as_text=True)
        return page_of(response)

    def send(self, address: str, page: str, /, **fields: object) -> TestResponse:
        """Post fields with the token of a page."""
        token = self.page(page).forms[0].fields["csrf_token"]
        given = {"csrf_token": token, **fields}
        response = self.client.post(address, data=given)
        response.request.environ["wsgi.input"].close()
        return response
