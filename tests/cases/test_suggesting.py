"""Classes suggested by words: how often right on sentences never seen, and what a bad file does."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cases
from cases import suggesting
from tests.cases.said import strangers, unseen

SHIPPED = Path(suggesting.__file__).with_name("class_words.toml")
ALIKE = 0.6  # of the pairs of characters of two sentences together


def learnt(key: str) -> list[tuple[str, str]]:
    tables = tomllib.loads(SHIPPED.read_text("utf-8"))
    return [(code, one) for code, lists in tables.items() for one in lists[key]]


def letters(text: str) -> str:
    return re.sub(r"[\W_a-z0-9]+", "", text.lower())


def pairs(text: str) -> frozenset[str]:
    plain = letters(text)
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1)) or frozenset({plain})


def suggested(text: str, limit: int = 3) -> list[str]:
    return [row.code for row in cases.suggest(text, limit=limit)]


def test_every_class_is_asked_for_and_taught() -> None:
    assert {code for code, _ in unseen()} == set(cases.classes())
    assert {code for code, _ in learnt("examples")} == set(cases.classes())
    assert len(unseen()) > 700
    assert len(unseen()) + len(learnt("examples")) > 1600


def test_no_sentence_was_given_away() -> None:
    known = [pairs(sentence) for _, sentence in learnt("examples")]
    near = [
        sentence
        for _, sentence in unseen()
        for mine in [pairs(sentence)]
        if any(2 * len(mine & one) > ALIKE * (len(mine) + len(one)) for one in known)
    ]
    assert near == []


def test_no_sentence_is_just_a_word_that_the_file_lists() -> None:
    words = {letters(word) for _, word in learnt("words")}
    words |= {letters(row.name) for row in cases.classes().values()}
    assert [sentence for _, sentence in unseen() if letters(sentence) in words] == []


def test_the_right_class_is_among_three_for_sentences_never_seen() -> None:
    told = [(code, suggested(sentence)) for code, sentence in unseen()]
    assert sum(code in three for code, three in told) / len(told) >= 0.95
    assert sum(code == three[0] for code, three in told if three) / len(told) >= 0.85


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("陆灯坏了，黢黑", "C0137"),
        ("堡坎要垮了", "C0188"),
        ("梯坎烂完了", "C0186"),
        ("敞起摆摊摊没得人管", "E0406"),
        ("井盖盖莫得了", "C0123"),
    ],
)
def test_dialect_and_what_a_telephone_heard_are_understood(said: str, code: str) -> None:
    assert code in suggested(said)


@pytest.mark.parametrize("said", ["", "路", "abc 123", "你好", "谢谢你们", "😂😂", "？？？"])
def test_words_that_tell_nothing_suggest_nothing(said: str) -> None:
    assert suggested(said) == []


@given(st.text(max_size=400))
def test_any_text_gives_at_most_as_many_different_classes_as_asked_for(said: str) -> None:
    found = suggested(said, limit=3)
    assert len(found) == len(set(found)) <= 3
    assert set(found) <= set(cases.classes())


def test_the_same_words_give_the_same_classes_in_the_same_order() -> None:
    first = suggesting.load([SHIPPED])
    assert all(first.codes(said, 3) == tuple(suggested(said)) for _, said in unseen()[::37])


def test_an_operator_teaches_a_word_of_the_district(tmp_path: Path) -> None:
    mine = tmp_path / "more.toml"
    mine.write_text(
        '[C0186]\nwords = ["十八梯步步"]\n[C0137]\nexamples = ["亮灯灯罢工"]\n', "utf-8"
    )
    taught = suggesting.load([SHIPPED, mine])
    assert taught.codes("十八梯步步", 1) == ("C0186",)
    assert taught.codes("路灯不亮", 1) == ("C0137",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[C9999]\nwords = ["x"]', "不是分类代码"),
        ('[C0137]\nword = ["路灯"]', "只能有"),
        ("[C0137]\nwords = [1]", "方括号"),
        ('[C0137]\nwords = "路灯"', "方括号"),
        ("C0137 = 1", "只能有"),
        ("[C0137", "读不了"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(suggesting.BadClassWords, match=why):
        suggesting.load([file])


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(suggesting.BadClassWords, match="读不了"):
        suggesting.load([tmp_path / "none.toml"])


def test_sentences_in_other_styles_are_of_real_classes_and_taught_to_nobody() -> None:
    taught = {letters(one) for key in ("words", "examples") for _, one in learnt(key)}
    assert {code for code, _ in strangers()} <= set(cases.classes())
    assert [said for _, said in strangers() if letters(said) in taught] == []


def test_sentences_in_other_styles_find_their_class_among_three() -> None:
    found = [code in suggested(sentence) for code, sentence in strangers()]
    assert sum(found) / len(found) >= 0.85  # the goal; what it is now: python -m bench classes
