"""The platform's XML: written with CDATA around strings, read without entities or surprises."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

Fields = Sequence[tuple[str, "str | int | float | Fields"]]

MAX_DEPTH = 8
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadXml(Exception):
    """`reason` is a short slug."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def cdata(text: str) -> str:
    """Wrap text; characters that XML 1.0 cannot carry are dropped, as no document may hold them."""
    safe = _NOT_IN_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{safe}]]>"


def write(fields: Fields, root: str = "xml") -> str:
    return f"<{root}>{_inside(fields)}</{root}>"


def _inside(fields: Fields) -> str:
    parts = []
    for tag, value in fields:
        if isinstance(value, str):
            body = cdata(value)
        elif isinstance(value, (int, float)):
            body = str(value)
        else:
            body = _inside(value)
        parts.append(f"<{tag}>{body}</{tag}>")
    return "".join(parts)


@dataclass(slots=True)
class Node:
    tag: str
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def all(self, tag: str) -> list["Node"]:
        return [child for child in self.children if child.tag == tag]

    def only(self, tag: str) -> "Node":
        """Return the one child of that name; none or several are an error."""
        found = self.all(tag)
        if not found:
            raise BadXml(f"missing_{tag}")
        if len(found) > 1:
            raise BadXml(f"repeated_{tag}")
        return found[0]

    def leaf(self, tag: str) -> str:
        node = self.only(tag)
        if node.children:
            raise BadXml(f"nested_{tag}")
        return node.text


def read(document: bytes) -> Node:
    """Read one small document; a DOCTYPE, entities or deep nesting are refused."""
    top = Node("")
    path = [top]
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True

    def start(tag: str, _attributes: dict[str, str]) -> None:
        if len(path) > MAX_DEPTH:
            raise BadXml("too_deep")
        node = Node(tag)
        path[-1].children.append(node)
        path.append(node)

    def end(_tag: str) -> None:
        path.pop()

    def characters(data: str) -> None:
        path[-1].text += data

    def doctype(*_: object) -> None:
        raise BadXml("doctype")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, UnicodeDecodeError, ValueError) as error:
        raise BadXml("not_xml") from error
    return top.children[0]
