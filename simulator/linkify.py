"""How a phone shows a text: web addresses and the two kinds of links that an account may write."""

import html
import re
from typing import TypedDict
from urllib.parse import parse_qs, urlsplit

_ANCHOR = re.compile(
    r"""<a\s[^<>]*?href\s*=\s*(?P<quote>["'])(?P<href>.*?)(?P=quote)[^<>]*>(?P<label>.*?)</a>""",
    re.DOTALL | re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_AFTER_A_SENTENCE = ".,;:!?)'"


class Segment(TypedDict, total=False):
    text: str
    url: str  # opens a page
    says: str  # tapping sends this text
    menu_id: str


def segments(text: str) -> list[Segment]:
    found: list[Segment] = []
    end = 0
    for anchor in _ANCHOR.finditer(text):
        found += _bare(text[end : anchor.start()])
        found.append(_link(html.unescape(anchor["href"]), anchor["label"]))
        end = anchor.end()
    return found + _bare(text[end:])


def links(text: str) -> list[str]:
    return [segment["url"] for segment in segments(text) if "url" in segment]


def _link(href: str, label: str) -> Segment:
    parts = urlsplit(href)
    if parts.scheme in ("http", "https"):
        return {"text": label, "url": href}
    if parts.scheme == "weixin" and parts.netloc == "bizmsgmenu":
        query = parse_qs(parts.query)
        says = query.get("msgmenucontent", [label])[0]
        return {"text": label, "says": says, "menu_id": query.get("msgmenuid", [""])[0]}
    return {"text": label}


def _bare(text: str) -> list[Segment]:
    found: list[Segment] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(_AFTER_A_SENTENCE)
        if match.start() > end:
            found.append({"text": text[end : match.start()]})
        found.append({"text": address, "url": address})
        end = match.start() + len(address)
    if end < len(text):
        found.append({"text": text[end:]})
    return found
