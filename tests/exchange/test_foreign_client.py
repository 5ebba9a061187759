"""A client that others wrote reads our door over real HTTP."""

import threading
from collections.abc import Iterator

import georeport
import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from cases.rules import Status
from tests.factories import a_case


@pytest.fixture
def door(app: Flask, session: Session) -> Iterator[str]:
    """Serve the application on a free port, one request after the other."""
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/open311/v2/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_services_and_requests(door: str, session: Session, form: str) -> None:
    numbers = [a_case(session, status).report_no for status in (Status.REFUSED, Status.FILED)]
    session.commit()
    city = georeport.GeoReport(door, jurisdiction="500105", output_format=form)

    services = {each["service_code"]: each["service_name"] for each in city.get_service_list()}
    assert services["C0101"] == "上水井盖"
    defined = city.get_service_definition("C0101")["attributes"]
    attributes = defined["attribute"] if form == "xml" else defined
    assert next(each["code"] for each in attributes) == "urgent"
    found = city.get_service_requests(service_request_id=",".join(numbers))
    assert {each["service_request_id"]: each["status"] for each in found} == dict(
        zip(numbers, ("closed", "open"), strict=True)
    )
    one = city.get_service_request(numbers[0])
    assert (one[0] if isinstance(one, list) else one)["service_request_id"] == numbers[0]
