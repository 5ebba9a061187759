"""XML in and out of WeChat: no document may hurt us, and no text may break out of its element."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from .errors import Malformed

MAX_DEPTH = 16  # the platform nests four deep
MAX_ELEMENTS = 512  # the platform sends some dozens

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A CDATA section that is never closed is swallowed whole, so that the search stays linear.
_CDATA_OR_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,8}));", re.DOTALL
)


def legal(text: str) -> str:
    """Drop what XML 1.0 forbids: control characters, lone surrogates, U+FFFE and U+FFFF.

    PostgreSQL can store everything that is left, as text and inside JSON.
    """
    return _ILLEGAL.sub("", text)


def one_newline(text: str) -> str:
    """Write every line's end as a line feed, as any reader of XML would on the other side."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def inside_cdata(text: str) -> str:
    """Make text safe between `<![CDATA[` and `]]>`: a `]]>` of its own is split in two sections."""
    return legal(text).replace("]]>", "]]]]><![CDATA[>")


def readable(text: str) -> str:
    """Drop illegal characters from a document, also those written as `&#0;` or `&#xD800;`.

    A character that a resident's keyboard let slip should cost that character, not the message.
    Inside CDATA such a reference is plain text that somebody typed, and stays.
    """
    text = legal(text)
    return _CDATA_OR_REFERENCE.sub(_keep_legal, text) if "&#" in text else text


def _keep_legal(match: re.Match[str]) -> str:
    hexadecimal, decimal = match.groups()
    if hexadecimal is None and decimal is None:
        return match[0]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    is_legal = code <= 0x10FFFF and not _ILLEGAL.match(chr(code))
    return match[0] if is_legal else ""


@dataclass(slots=True)
class Element:
    """One element, without its attributes: the platform uses none."""

    name: str
    own_text: str = ""
    children: list["Element"] = field(default_factory=list)

    def named(self, name: str) -> list["Element"]:
        """Return every child of this name: none, one or many, always a list."""
        return [child for child in self.children if child.name == name]

    def text(self, *path: str) -> str | None:
        """Return the text at the path exactly as sent, or None.

        Of repeated elements the first one counts. An element that holds others has no text.
        """
        here = self
        for name in path:
            found = next((child for child in here.children if child.name == name), None)
            if found is None:
                return None
            here = found
        return None if here.children else here.own_text

    def leaves(self) -> list[str]:
        """Return the texts of all elements below that hold no others, in order."""
        texts: list[str] = []
        for child in self.children:
            texts += child.leaves() if child.children else [child.own_text]
        return texts


def read(document: str) -> Element:
    """Read a document whose root is `xml`; raise Malformed for everything else.

    Neither a document type nor an entity of its own is accepted: they are how XML reads files,
    calls out and explodes. Depth and number of elements are limited here, length by
    the caller.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        # expat is handed a str, so an encoding that the document declares for itself is moot.
        parser.Parse(document, True)
    except expat.ExpatError:
        raise Malformed("xml") from None
    root = reader.top.children[0]
    if root.name != "xml":
        raise Malformed("root")
    return root


class _Reader:
    def __init__(self) -> None:
        self.top = Element("")
        self.open = [self.top]
        self.count = 0

    def refuse_doctype(self, *_declaration: object) -> None:
        raise Malformed("doctype")

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self.open) > MAX_DEPTH:
            raise Malformed("depth")
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise Malformed("elements")
        element = Element(name)
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _name: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        self.open[-1].own_text += text
