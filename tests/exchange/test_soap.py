"""The SOAP dialect as text: what we write can be read, and garbage is no call."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import soap
from exchange.rules import printable
from exchange.xmldoc import LARGEST, NotOurs, parsed

BOMB = (
    """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>"""
)
FILE = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>"""
TYPED = """<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><x/>"""


@given(st.text(), st.text())
def test_what_is_written_is_read(memo: str, secret: str) -> None:
    call = soap.read_call(
        soap.call(
            "甲", printable(secret).strip(), "TaskFeedBack", {"TaskNum": "1", "FeedbackMemo": memo}
        )
    )
    assert (call.account, call.function) == ("甲", "TaskFeedBack")
    # XML itself makes one line break of each.
    one = memo.replace("\r\n", "\n").replace("\r", "\n")
    assert call.params["FeedbackMemo"] == printable(one).strip()


def test_pictures_are_found_as_addresses() -> None:
    pictures = [{"name": "1.jpg", "url": "https://a.example/1.jpg"}]
    data = soap.call("甲", "k", "TaskFeedBack", {"TaskNum": "1", "FeedbackPictures": pictures})
    assert soap.read_call(data).pictures == ("https://a.example/1.jpg",)


@pytest.mark.parametrize("inner", [True, False])
def test_an_answer_is_read_as_text_or_as_elements(*, inner: bool) -> None:
    told = "<Response><ResultCode>0</ResultCode><ResultDesc>好</ResultDesc></Response>"
    if inner:
        told = told.replace("<", "&lt;").replace(">", "&gt;")
    page = f"<s:E xmlns:s='urn:x'><s:B><return>{told}</return></s:B></s:E>"
    assert soap.read_answer(page.encode()) == soap.Result("0", "好")
    assert soap.read_answer(soap.answer(soap.Result("3", "<没有>"))) == soap.Result("3", "<没有>")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"\xff\xfe\x00",
        BOMB.encode(),
        FILE.encode(),
        TYPED.encode(),
        b"<x/>",
        b"<process/>",
        b"<process><request/></process>",
        b"<process><request>&lt;Request/&gt;</request></process>",
        f"<process><request><![CDATA[{BOMB}]]></request></process>".encode(),
        b"<a>" * 50 + b"</a>" * 50,
        b"<a>" * 20_000,
        b"<a>" + b" " * LARGEST + b"</a>",
        b"<?xml version='1.0' encoding='none'?><a/>",
    ],
)
def test_garbage_and_bombs_are_no_call(data: bytes) -> None:
    with pytest.raises(NotOurs):
        soap.read_call(data)
    with pytest.raises(NotOurs):
        soap.read_answer(data)


def test_the_plain_parser_would_have_opened_the_bomb() -> None:
    assert ET.fromstring(BOMB).text == "ha" * 4  # noqa: S314  # the control
    with pytest.raises(NotOurs):
        parsed(BOMB)
