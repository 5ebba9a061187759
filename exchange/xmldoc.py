"""XML that others send: read without entities, document types or more than is expected."""

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

LARGEST = 256 * 1024
_DEEPEST = 40


class NotOurs(Exception):
    """No document that we read; the text says why."""


def parsed(data: bytes | str) -> Element:
    """Return the document's root; raise NotOurs."""
    if len(data) > LARGEST:
        raise NotOurs("文件太大")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as wrong:
        raise NotOurs(f"不是可以读的 XML（{type(wrong).__name__}）") from None
    _check_depth(root)
    return root


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise NotOurs("XML 层次太深")
        level = [child for each in level for child in each]


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def find(root: Element, name: str) -> Element | None:
    """Return the first element of this name, whatever its namespace."""
    return next((each for each in root.iter() if local(each) == name), None)


def text_of(root: Element, name: str) -> str | None:
    """Return an element's own text, None where there is none."""
    found = find(root, name)
    said = "" if found is None else (found.text or "").strip()
    return said or None
