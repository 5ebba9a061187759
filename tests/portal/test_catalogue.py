"""The catalogue of a second language: complete, without what nobody says, and no text beside it."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from local import catalogue
from tests.conftest import ROOT

HAN = re.compile("[\u4e00-\u9fff]")
FIELD = re.compile(r"%\((\w+)\)s")
LAYOUT = "portal/layout.html"
# What a page is called where people must find it as it is written.
NAMES = ("百姓城管", "使用完整服务", "进度")
# Python whose words residents read on pages. (What the chat says is Chinese.)
SPOKEN = (
    *sorted(ROOT.glob("*/views.py")),
    *sorted(ROOT.glob("portal/*.py")),
    *(ROOT / "convenience" / name for name in ("wording.py", "hours_spoken.py", "drawing.py")),
    ROOT / "points" / "page_words.py",
    ROOT / "kernel" / "words.py",
)
FOR_STAFF = {"console", "exchange"}  # Open311 is spoken by programs
# A case's label is data; the others mend what Chinese was put together of.
NOT_SAID = {"（标牌 ", "附近", "附近）", "月", "至", r"\1\2日", r"(\d月) (\d{1,2})(?!\d*[:月])"} | {
    r"(?<=[日月一二三四五六期])–(?=[周\d法学])"
}


def ids(language: str) -> set[tuple[str, ...]]:
    """Return the texts of each entry: one, or as many as it has forms."""
    return {_texts(message.id) for message in catalogue.read(language) if message.id}


def _texts(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_nothing_is_missing_from_the_catalogue_and_nothing_outlived_its_page(language: str) -> None:
    said = {_texts(message.id) for message in catalogue.collected() if message.id}

    assert len(said) > 300
    assert said - ids(language) == set(), "run `make words`"
    assert ids(language) - said == set(), "run `make words`"
    assert catalogue.untranslated(catalogue.read(language)) == []


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_translations_say_the_same_facts_in_their_own_letters(language: str) -> None:
    odd = []
    for message in catalogue.read(language):
        if not message.id:
            continue
        originals = (message.id,) if isinstance(message.id, str) else message.id
        texts = (message.string,) if isinstance(message.string, str) else message.string or ()
        for text in texts:
            own = text
            for name in NAMES:
                own = own.replace(name, "")
            if HAN.search(own):
                odd.append(f"Chinese in {text}")
            if set(FIELD.findall(text)) != set(FIELD.findall(originals[0])):
                odd.append(f"other facts in {text}")
            if re.findall(r"</?\w+", text) != re.findall(r"</?\w+", originals[0]) and (
                "<wbr" not in originals[0]
            ):
                odd.append(f"other marks in {text}")
    assert odd == []


def residents_templates() -> Iterator[Path]:
    """Yield the templates of residents' pages, and what these include and import."""
    loader = {
        str(path.relative_to(path.parents[1])): path for path in ROOT.glob("*/templates/*/*.html")
    }
    wanted = {
        name
        for name, path in loader.items()
        if f'"{LAYOUT}"' in path.read_text(encoding="utf-8") and "console/layout" not in name
    } | {LAYOUT}
    while True:
        texts = "".join(loader[name].read_text(encoding="utf-8") for name in wanted)
        used = set(re.findall(r'{% (?:from|include|import) "([^"]+)"', texts)) & set(loader)
        if used <= wanted:
            return iter(loader[name] for name in sorted(wanted))
        wanted |= used


def loose_texts(path: Path) -> list[str]:
    """Return the Chinese in a template that no translation would reach."""
    tree = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(
        path.read_text(encoding="utf-8")
    )
    marked = {
        id(constant)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name)
        and call.node.name in {"_", "gettext", "ngettext", "pgettext"}
        for constant in call.find_all(nodes.Const)
    }
    loose = [
        part.data
        for part in tree.find_all(nodes.TemplateData)
        if HAN.search(part.data) and id(part) not in marked
    ]
    return loose + [
        constant.value
        for constant in tree.find_all(nodes.Const)
        if isinstance(constant.value, str)
        and HAN.search(constant.value)
        and id(constant) not in marked
    ]


# At the desk this page speaks Chinese alone.
AT_THE_DESK = {
    "没有这个案件或页面，请回到列表里找。",
    "页面打开太久，或者在别处退出了登录。请回到刚才的页面，重新提交一次。",
    "照片加起来太大了。请回到刚才的页面，少选几张再提交。",
    "回到刚才的页面",
    "回到案件列表",
}


def test_every_text_of_a_residents_template_can_be_translated() -> None:
    every = list(residents_templates())
    assert len(every) > 20
    found = {
        (path.name, line.strip())
        for path in every
        for text in loose_texts(path)
        for line in re.sub('<[^>]*>|">', "\n", text).splitlines()
        if HAN.search(line) and line.strip() not in AT_THE_DESK
    }
    assert found == set()


def test_a_text_that_was_not_marked_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("""<p title="{{ '找' ~ _('好') }}">{% trans %}好{% endtrans %}{# 注 #}坏</p>""")
    assert len(loose_texts(page)) == 2


def python_words(path: Path) -> Iterator[str]:
    """Yield the Chinese literals of a module, but what stands in docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    explained = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        if HAN.search(node.value) and id(node) not in explained:
            yield node.value


def test_every_chinese_word_of_pages_made_in_python_is_in_the_catalogue() -> None:
    known = {text for each in ids("en") for text in each}
    loose = {
        (str(path.relative_to(ROOT)), text)
        for path in SPOKEN
        if path.parent.name not in FOR_STAFF
        for text in python_words(path)
        if text not in known | NOT_SAID
    }
    assert loose == set()
