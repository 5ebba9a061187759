"""Which rule speaks: the most special one, found as quickly among a thousand as among ten."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.matching import Book, Line, Matter, clash, keys_of

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in the city
PLACES = ("500105001001001", "500105001001", "500105001")


def a_matter(**changed: object) -> Matter:
    given = {"class_code": "C0101", "places": PLACES, "source": "wechat", "at": NOON} | changed
    return Matter(**given)  # type: ignore[arg-type]  # as the fields are


MORE_SPECIAL_FIRST = (
    Line(1, 1, "C0101", "500105001001001"),
    Line(2, 1, "C0101", "500105001001"),
    Line(3, 1, "C0101", "500105001"),
    Line(4, 1, "C0101", source="wechat", from_minute=0, to_minute=800),
    Line(5, 1, "C0101", source="wechat"),
    Line(6, 1, "C0101", from_minute=0, to_minute=800),
    Line(7, 1, "C0101"),
    Line(8, 1, "C01", "500105001001001"),
    Line(9, 1, "C01"),
    Line(10, 1, "C"),
    Line(11, 1, None, "500105001001001"),
    Line(12, 1, None, "500105001"),
    Line(13, 1, source="wechat"),
    Line(14, 1),
)


def test_the_more_special_rule_speaks_first_whatever_its_number() -> None:
    count = len(MORE_SPECIAL_FIRST)
    turned = [Line(count - n, 1, *_rest(line)) for n, line in enumerate(MORE_SPECIAL_FIRST)]
    ranked = Book(turned).ranked(a_matter())
    assert [_rest(line) for line in ranked] == [_rest(line) for line in MORE_SPECIAL_FIRST]


def _rest(line: Line) -> tuple[Any, ...]:
    return (line.class_key, line.area_code, line.source, line.from_minute, line.to_minute)


@pytest.mark.parametrize(
    ("hour", "is_meant"), [(21, False), (22, True), (23, True), (0, True), (5, True), (6, False)]
)
def test_a_night_goes_over_midnight_and_ends_before_its_end(hour: int, *, is_meant: bool) -> None:
    night = Line(1, 1, from_minute=22 * 60, to_minute=6 * 60)
    at = datetime(2026, 11, 22, (hour - 8) % 24, 0, tzinfo=UTC)
    assert (Book([night]).decide(a_matter(at=at)) is night) == is_meant


def test_a_case_without_class_or_place_has_only_the_general_rules() -> None:
    book = Book([Line(1, 1, "C0101"), Line(2, 1, None, "500105001"), Line(3, 9)])
    found = book.decide(a_matter(class_code=None, places=()))
    assert found is not None
    assert found.no == 3
    assert Book([Line(1, 1, "E01")]).decide(a_matter()) is None


@pytest.mark.parametrize(
    ("one", "other", "is_clash"),
    [
        (Line(1, 1, "C01"), Line(2, 2, "C01"), True),
        (Line(1, 1, "C01"), Line(2, 2, "C02"), False),
        (Line(1, 1, "C01"), Line(2, 2, "C01", from_minute=0, to_minute=60), False),
        (Line(1, 1, None, None, None, 0, 60), Line(2, 2, None, None, None, 60, 120), False),
        (Line(1, 1, None, None, None, 0, 61), Line(2, 2, None, None, None, 60, 120), True),
        (Line(1, 1, None, None, None, 1320, 360), Line(2, 2, None, None, None, 300, 500), True),
        (Line(1, 1, None, None, None, 1320, 360), Line(2, 2, None, None, None, 0, 30), True),
        (Line(1, 1, None, None, None, 1320, 360), Line(2, 2, None, None, None, 360, 500), False),
        (Line(1, 1, "C01"), Line(1, 2, "C01"), False),
    ],
)
def test_two_rules_clash_when_both_would_speak_equally(
    one: Line, other: Line, *, is_clash: bool
) -> None:
    assert bool(clash(one, [other])) == bool(clash(other, [one])) == is_clash


minutes = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda m: m[0] != m[1])
lines = st.builds(
    lambda key, area, source, times: Line(0, 1, key, area, source, *times),
    st.sampled_from([None, "C", "C01", "C0101", "C0102", "E", "E01"]),
    st.sampled_from([None, *PLACES, "500105002"]),
    st.sampled_from([None, "wechat", "patrol"]),
    st.just((None, None)) | minutes,
)


@given(st.lists(lines, max_size=12), st.integers(0, 1439))
def test_quick_matching_is_what_looking_at_every_rule_gives(found: list[Line], minute: int) -> None:
    rules = [Line(n, 1, *_rest(line)) for n, line in enumerate(found, start=1)]
    at = datetime(2026, 11, 21, 16, 0, tzinfo=UTC).replace(
        hour=(16 + minute // 60) % 24, minute=minute % 60
    )
    matter = a_matter(at=at)

    def rank(line: Line) -> tuple[object, ...] | None:
        if line.class_key is not None and not "C0101".startswith(line.class_key):
            return None
        if line.area_code is not None and line.area_code not in PLACES:
            return None
        if not line.is_meant(matter.source, matter.minute):
            return None
        place = 0 if line.area_code is None else 3 - PLACES.index(line.area_code)
        return (
            -len(line.class_key or ""), -place, line.source is None, line.from_minute is None, line.no,
        )  # fmt: skip

    meant = sorted((line for line in rules if rank(line)), key=lambda line: rank(line) or ())
    assert list(Book(rules).ranked(matter)) == meant


@given(lines, lines)
def test_rules_that_do_not_clash_are_never_equal(one: Line, other: Line) -> None:
    a, b = Line(1, 1, *_rest(one)), Line(2, 1, *_rest(other))
    if clash(a, [b]) or (a.class_key, a.area_code, a.source) != (
        b.class_key,
        b.area_code,
        b.source,
    ):
        return
    if (a.from_minute is None) == (b.from_minute is None):
        assert not [minute for minute in range(1440) if minute in a and minute in b]


def test_a_class_is_named_by_itself_its_group_and_its_kind() -> None:
    assert keys_of("C0101") == ("C0101", "C01", "C", None)
    assert keys_of(None) == (None,)
