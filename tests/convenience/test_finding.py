"""Facilities by words: characters, pinyin, initials, typos, and the kind among them."""

import pytest

from convenience.finding import Entry, Finder, Query

KINDS = {
    "toilet": ("公厕", "厕所", "卫生间"),
    "parking": ("停车场", "停车"),
    "car_wash": ("洗车点", "洗车"),
}


def entry(number: int, name: str, street: str | None = None, kind: str = "toilet") -> Entry:
    return Entry(number, kind, name, street, None, 29.57 + number / 1000, 106.53)


FINDER = Finder(
    [
        entry(1, "观音桥步行街公厕", "观音桥步行街"),
        entry(2, "观音桥地下停车场", "观音桥步行街", "parking"),
        entry(3, "北城天街停车场", "观音桥步行街", "parking"),
        entry(4, "五里店公厕", "五红路"),
        entry(5, "长安路洗车点", "长安路", "car_wash"),
        entry(6, "重庆大剧院停车场", "江北嘴文华街", "parking"),
        entry(7, "Ａ区12号公厕", "港城南路"),
        entry(8, "石马河公厕", None),
        entry(9, "观音桥广场公厕", "建新北路"),
    ],
    KINDS,
)


def found(typed: str, kind: str | None = None) -> list[int]:
    query = FINDER.read(typed)
    return [match.entry.id for match in FINDER.find(query.words, kind=kind or query.kind)]


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("观音桥 厕所", Query("toilet", ("观音桥",))),
        ("观音桥厕所", Query("toilet", ("观音桥",))),
        ("观音桥附近的厕所", Query("toilet", ("观音桥",))),
        ("请问观音桥哪里有厕所", Query("toilet", ("观音桥",))),
        ("厕所", Query("toilet", ())),
        ("停车，五里店", Query("parking", ("五里店",))),
        ("gyq", Query(None, ("gyq",))),
        ("ＷＯ 北城天街", Query(None, ("wo", "北城天街"))),
        ("", Query(None, ())),
        ("。、 ", Query(None, ())),
    ],
)
def test_what_was_typed_is_a_kind_and_words(typed: str, query: Query) -> None:
    assert FINDER.read(typed) == query


@pytest.mark.parametrize(
    "typed",
    [
        "观音桥 厕所",
        "观音桥厕所",
        "guanyinqiao 厕所",
        "gyq 公厕",
        "观阴桥厕所",
        "guanyingqiao厕所",
        "GuanYinQiao 卫生间",
    ],
)
def test_the_same_is_found_however_it_is_typed(typed: str) -> None:
    assert set(found(typed)) == {1, 9}


def test_a_name_comes_before_a_street_that_many_share() -> None:
    assert found("观音桥步行街") == [1, 2, 3]
    assert found("观音桥", "parking") == [2, 3]


def test_all_words_must_be_there() -> None:
    assert found("观音桥 广场") == [9]
    assert found("五里店 观音桥") == []


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("zhongqing", 6),
        ("chongqing", 6),
        ("changan", 5),
        ("shimahe", 8),
        ("smh", 8),
        ("wulidian", 4),
        ("a区12", 7),
    ],
)
def test_sounds_are_those_that_people_say(typed: str, number: int) -> None:
    assert found(typed) == [number]


def test_sound_begins_with_a_syllable() -> None:
    # 港城南路 is gang-cheng-nan-lu: "angcheng" stands in it and nobody means it.
    assert 7 not in found("angch")


@pytest.mark.parametrize("typed", ["鱼洞", "zzzzzz", "解放碑", "qq", "🚽", "%", "..", "x" * 60])
def test_what_is_not_there_is_not_found(typed: str) -> None:
    assert found(typed) == []


def test_equally_good_ones_come_in_a_fixed_order() -> None:
    twins = Finder([entry(5, "红石路公厕"), entry(3, "红石路公厕"), entry(4, "红石路公厕")], KINDS)
    assert [match.entry.id for match in twins.find(["红石路"])] == [3, 4, 5]


def test_streets_are_those_that_have_the_kind() -> None:
    assert FINDER.streets("parking") == [("观音桥步行街", 2), ("江北嘴文华街", 1)]


def test_nothing_is_found_in_nothing() -> None:
    empty = Finder([], {})
    assert empty.find(["观音桥"]) == []
    assert empty.streets() == []
    assert empty.read("观音桥 厕所") == Query(None, ("观音桥", "厕所"))
