import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.xmltext import BadXml, read, write

SENDABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])).filter(
    lambda text: "\ufffe" not in text and "\uffff" not in text
)


@given(SENDABLE)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert read(write([("Content", text)]).encode()).leaf("Content") == text


def test_the_end_of_a_cdata_section_is_carried_in_the_text() -> None:
    text = "x]]></Content><ToUserName><![CDATA[oVICTIM]]></ToUserName><Content><![CDATA[y"
    document = read(write([("Content", text)]).encode())
    assert document.leaf("Content") == text
    assert [child.tag for child in document.children] == ["Content"]


def test_what_xml_cannot_carry_is_dropped() -> None:
    assert read(write([("Content", "a\0b\x0bc")]).encode()).leaf("Content") == "abc"


def test_numbers_are_bare_and_strings_are_in_cdata() -> None:
    assert write([("A", 1), ("B", "x"), ("C", [("D", 2.5)])]) == (
        "<xml><A>1</A><B><![CDATA[x]]></B><C><D>2.5</D></C></xml>"
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "not_xml"),
        (b"<xml>", "not_xml"),
        (b"<xml></xml><xml></xml>", "not_xml"),
        ("<xml>你".encode("gbk") + b"</xml>", "not_xml"),
        (b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>', "doctype"),
        (b"<a>" * 50 + b"</a>" * 50, "too_deep"),
    ],
)
def test_a_document_that_is_broken_or_dangerous_is_refused(document: bytes, reason: str) -> None:
    with pytest.raises(BadXml) as refusal:
        read(document)
    assert refusal.value.reason == reason


def test_an_element_is_found_once_or_not_at_all() -> None:
    document = read(b"<xml><A>1</A><A>2</A><B><C/></B></xml>")
    for tag, reason in (("A", "repeated_A"), ("B", "nested_B"), ("Z", "missing_Z")):
        with pytest.raises(BadXml) as refusal:
            document.leaf(tag)
        assert refusal.value.reason == reason
