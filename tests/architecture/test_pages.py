"""Pages load nothing from another host, and hold nothing that their own policy forbids."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOREIGN = {
    ".html": re.compile(
        r"""(?:src|href|srcset|action|formaction|poster|data|content)\s*=\s*["']?\s*"""
        r"""(?:[a-z]+:)?//|url\(\s*["']?\s*(?:https?:)?//"""
    ),
    ".css": re.compile(r"""url\(\s*["']?\s*(?:https?:)?//|@import\s+["'](?:https?:)?//"""),
    # A name of XML is no address.
    ".js": re.compile(r"""["'`](?:https?:|wss?:)?//(?!www\.w3\.org/)[a-z0-9]"""),
}
# `default-src 'self'` lets none of these run or show.
FORBIDDEN = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:"
)


def files() -> Iterator[Path]:
    for pattern in ("*/templates/**/*", "static/*", "*/static/*"):
        for path in sorted(ROOT.glob(pattern)):
            if path.suffix in FOREIGN and "vendor" not in path.parts:
                yield path


def found(pattern: re.Pattern[str], path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1} {match[0]}"
        for match in pattern.finditer(text)
    ]


def test_no_page_loads_anything_from_another_host() -> None:
    every = list(files())

    assert {path.suffix for path in every} == set(FOREIGN)
    assert len(every) > 12
    assert [hit for path in every for hit in found(FOREIGN[path.suffix], path)] == []


def test_no_page_holds_what_its_policy_would_not_let_run() -> None:
    pages = [path for path in files() if path.suffix == ".html" and "simulator" not in path.parts]

    assert len(pages) > 8
    assert [hit for path in pages for hit in found(FORBIDDEN, path)] == []


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".html", '<script src="https://cdn.example/x.js"></script>'),
        (".html", "<link rel=stylesheet href=//cdn.example/x.css>"),
        (".html", '<img srcset="http://cdn.example/x.png 2x">'),
        (".html", '<p style="background: url(//cdn.example/x.png)">'),
        (".css", "a { background: url( 'http://cdn.example/x.png') }"),
        (".css", '@import "//cdn.example/x.css";'),
        (".js", 'import x from "https://cdn.example/x.js"'),
        (".js", "fetch(`//cdn.example/x`)"),
    ],
)
def test_what_comes_from_elsewhere_would_be_found(tmp_path: Path, suffix: str, text: str) -> None:
    assert FOREIGN[suffix].search(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<p style="color: red">',
        '<a onclick="go()">',
        '<a href="javascript:go()">',
        "<style>p { color: red }</style>",
    ],
)
def test_what_the_policy_forbids_would_be_found(text: str) -> None:
    assert FORBIDDEN.search(text)
