"""The API document: OpenAPI 3.1 in shape, and complete."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

Document = dict[str, Any]
# What JSON Schema 2020-12 calls types; 3.1 has no `nullable`.
TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}


@pytest.fixture
def document(client: FlaskClient) -> Document:
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    made: Document = answer.get_json()
    return made


def walk(node: object) -> Iterator[dict[str, Any]]:
    """Return every object in the document."""
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from walk(part)


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield path, method, described


def test_the_document_says_what_it_is(document: Document) -> None:
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert document["info"]["license"]["name"] == "AGPL-3.0-or-later"
    assert [server["url"] for server in document["servers"]] == ["http://city.test"]
    assert set(document) <= {"openapi", "info", "servers", "paths", "components"}


def test_every_json_view_is_described(app: Flask, document: Document) -> None:
    served = {
        re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }

    assert served - set(document["paths"]) == {"/api/openapi.json"}
    assert "/api/v1/reports/{report_no}" in served


def test_only_what_is_served_is_described(app: Flask, document: Document) -> None:
    served = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }

    assert {(path, method) for path, method, _ in operations(document)} <= served


def test_every_operation_names_its_parameters_and_answers(document: Document) -> None:
    for path, method, described in operations(document):
        assert method in {"get", "put", "post", "delete", "patch"}
        assert described["summary"]
        in_path = {p["name"] for p in described["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"{([^{}]+)}", path))
        for parameter in described["parameters"]:
            assert parameter["in"] in {"path", "query"}
            assert parameter["schema"]
            assert parameter["in"] == "query" or parameter["required"] is True
        names = [(p["in"], p["name"]) for p in described["parameters"]]
        assert len(names) == len(set(names))
        assert {"200", "201", "202", "204"} & set(described["responses"])
        for status, answer in described["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert answer["description"]
            if status >= "400":
                assert set(answer["content"]) == {"application/problem+json"}


def test_every_reference_leads_somewhere(document: Document) -> None:
    for node in walk(document):
        if "$ref" in node:
            target: object = document
            assert node["$ref"].startswith("#/")
            for step in node["$ref"][2:].split("/"):
                assert isinstance(target, dict)
                target = target[step]
            assert isinstance(target, dict)


def test_schemas_speak_json_schema(document: Document) -> None:
    schemas = document["components"]["schemas"]
    assert {"Problem", "ReportAnswer"} <= set(schemas)
    for node in walk(schemas):
        assert "nullable" not in node
        assert "$defs" not in node
        kind = node.get("type")
        if isinstance(kind, str):
            assert kind in TYPES
    for name, schema in schemas.items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        required = schema.get("required", [])
        assert set(required) <= set(schema.get("properties", {}))


def test_a_real_answer_has_the_described_shape(client: FlaskClient, document: Document) -> None:
    problem = client.get("/api/v1/reports/JB000000-0000000").get_json()
    schema = document["components"]["schemas"]["Problem"]

    assert set(schema["required"]) <= set(problem) == set(schema["properties"])
