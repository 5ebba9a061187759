"""GeoReport's two forms of an answer, XML and JSON, made of the same rows. Plain Python."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from .rules import printable

TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}

# What the members of a list are called in XML.
_MEMBER = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}

Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def render(form: str, root: str, body: Body) -> bytes:
    """Return the answer's bytes; `root` names it in XML."""
    if form == "json":
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    made: bytes = ET.tostring(_element(root, body), encoding="utf-8", xml_declaration=True)
    return made


def errors(form: str, faults: Sequence[tuple[int, str]]) -> bytes:
    """Return the errors' document; each is a code and a sentence."""
    rows = [{"code": code, "description": said} for code, said in faults]
    return render(form, "errors", rows)


def _element(name: str, value: object) -> ET.Element:
    element = ET.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, each) for key, each in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        element.extend(_element(_MEMBER[name], each) for each in value)
    elif value is not None:
        element.text = _text(value)
    return element


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(str(value))
