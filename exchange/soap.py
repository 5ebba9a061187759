"""The SOAP dialect of case platforms: `process(SPID, SPPWD, func, request)`, both ways. Plain Python.

As published for Ningbo's platform (2014-2016): the request is a document of its own, as text;
names are spelt as they are in the wild (`ApplayOpter`); times are Beijing's, without a zone. We are
the side that dispatches: TaskDispatch and StateDispatch go out, TaskFeedBack, TaskRollBack,
ApplyAccredit and StateDispatch come in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from kernel.clock import in_city

from .rules import printable
from .xmldoc import NotOurs, find, local, parsed, text_of

CONTENT_TYPE = "text/xml; charset=utf-8"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_SERVICE = "http://service.egova.com.cn"
OK = "0"

Value = str | Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Call:
    """What came in."""

    account: str
    password: str
    function: str
    params: Mapping[str, str]
    pictures: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    code: str
    description: str


def time_words(at: datetime) -> str:
    """Write an instant as the dialect does."""
    return in_city(at).strftime("%Y-%m-%d %H:%M:%S")


def call(account: str, password: str, function: str, params: Mapping[str, Value]) -> bytes:
    """Return the envelope of a call."""
    request = ET.Element("Request")
    ET.SubElement(request, "function", {"name": function})
    given = ET.SubElement(request, "params")
    for name, value in params.items():
        _add(given, name, value)
    inner = ET.tostring(request, encoding="unicode")
    return _envelope(
        "process", {"SPID": account, "SPPWD": password, "func": function, "request": inner}
    )


def _add(parent: ET.Element, name: str, value: Value) -> None:
    if isinstance(value, str):
        ET.SubElement(parent, name).text = printable(value)
        return
    many = ET.SubElement(parent, name, {"num": str(len(value))})
    member = name.removeprefix("Event").removesuffix("s")  # EventPictures holds Picture
    for each in value:
        one = ET.SubElement(many, member)
        for key, said in each.items():
            ET.SubElement(one, key).text = printable(said)


def _envelope(operation: str, fields: Mapping[str, str]) -> bytes:
    ET.register_namespace("soapenv", _ENVELOPE)
    ET.register_namespace("ser", _SERVICE)
    root = ET.Element(f"{{{_ENVELOPE}}}Envelope")
    body = ET.SubElement(root, f"{{{_ENVELOPE}}}Body")
    doing = ET.SubElement(body, f"{{{_SERVICE}}}{operation}")
    for name, said in fields.items():
        ET.SubElement(doing, name).text = said
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def answer(result: Result) -> bytes:
    """Return the envelope of an answer."""
    response = ET.Element("Response")
    ET.SubElement(response, "ResultCode").text = result.code
    ET.SubElement(response, "ResultDesc").text = printable(result.description)
    ET.SubElement(response, "ResultMemo")
    return _envelope("processResponse", {"return": ET.tostring(response, encoding="unicode")})


def read_answer(data: bytes) -> Result:
    """Read an answer, whether its document stands in it as text or as elements; raise NotOurs."""
    root = parsed(data)
    code = text_of(root, "ResultCode")
    if code is None:
        inner = next(
            (each.text for each in root.iter() if each.text and "ResultCode" in each.text), None
        )
        if inner is None:
            raise NotOurs("应答里没有 ResultCode")
        root = parsed(inner.strip())
        code = text_of(root, "ResultCode")
    return Result(code or "", text_of(root, "ResultDesc") or "")


def read_call(data: bytes) -> Call:
    """Read a call; raise NotOurs."""
    root = parsed(data)
    process = find(root, "process")
    request = None if process is None else find(process, "request")
    if process is None or request is None:
        raise NotOurs("不是 process 调用")
    inner = request if len(request) else parsed((request.text or "").strip())
    function = find(inner, "function")
    named = (function.get("name") if function is not None else None) or text_of(process, "func")
    params = find(inner, "params")
    if not named or params is None:
        raise NotOurs("缺少 function 或 params")
    return Call(
        account=text_of(process, "SPID") or "",
        password=text_of(process, "SPPWD") or "",
        function=named,
        params={local(each): (each.text or "").strip() for each in params},
        pictures=tuple(_pictures(params)),
    )


def _pictures(params: ET.Element) -> list[str]:
    return [
        said
        for group in params
        if local(group).endswith("Pictures")
        for each in group.iter()
        if local(each).lower() == "url" and (said := (each.text or "").strip())
    ]
