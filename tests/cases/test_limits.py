"""The limits of the class table, as structure."""

import re

import pytest

from cases.calendars import Limit, Unit
from cases.classes import classes
from cases.limits import GENERAL, STAGE_WORDS, UnreadableLimit, condition, conditions, parse


@pytest.mark.parametrize("code", classes())
def test_every_class_has_conditions_that_say_what_the_table_says(code: str) -> None:
    words = {"urgent_hour": "紧急工作时", "work_hour": "小时", "work_day": "天"}
    written = [part.strip() for part in classes()[code].limits.split(";")]

    found = conditions(code)

    assert [each.code for each in found] == [f"{code}/{n}" for n in range(1, len(written) + 1)]
    for each, text in zip(found, written, strict=True):
        unit = words.get(each.limit.unit, "紧急工作日")
        assert text == f"{each.limit.value}{unit}{each.remark}"


def test_there_are_190_classes_to_read() -> None:
    assert len(classes()) == 190


@pytest.mark.parametrize(
    ("text", "limit", "remark"),
    [
        ("2紧急工作时", Limit(2, Unit.URGENT_HOUR), ""),
        ("1紧急工作时制止", Limit(1, Unit.URGENT_HOUR), "制止"),
        ("2紧急工作日", Limit(2, Unit.NATURAL_DAY), ""),
        ("4小时", Limit(4, Unit.WORK_HOUR), ""),
        ("15天", Limit(15, Unit.WORK_DAY), ""),
    ],
)
def test_a_limit_is_read(text: str, limit: Limit, remark: str) -> None:
    assert parse(text) == (limit, remark)


@pytest.mark.parametrize("text", ["", "天", "两天", "2周", "-1天", "2 天"])
def test_words_that_nobody_taught_us_are_refused(text: str) -> None:
    with pytest.raises(UnreadableLimit):
        parse(text)


def test_the_usual_condition_is_the_first_and_the_urgent_one_runs_on() -> None:
    usual, urgent = (condition("C0137", None, is_urgent=each) for each in (False, True))
    assert usual == urgent == conditions("C0137")[0]  # no limit of street lamps runs on
    late_in_the_table = condition("C0178", None, is_urgent=True)
    assert late_in_the_table
    assert late_in_the_table.limit == Limit(1, Unit.URGENT_HOUR)


def test_a_case_without_a_class_has_the_general_condition_and_no_other() -> None:
    (general,) = conditions(None)
    assert general.code == GENERAL
    assert condition(None, "C0101/1", is_urgent=False) is None


def test_every_stage_has_words() -> None:
    assert all(re.fullmatch(r"[一-鿿]{2,6}", words) for words in STAGE_WORDS.values())
