"""Opening hours: what is read, what is left alone, and what is open when."""

from datetime import datetime

import pytest

from convenience import hours, hours_spoken
from convenience.hours_in_words import Unreadable
from kernel.clock import CITY


def at(day: str, time: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}:00").replace(tzinfo=CITY)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("24小时", "24/7"),
        ("24小時", "24/7"),
        ("全天", "24/7"),
        ("全天开放", "24/7"),
        ("00:00:00~23:59:59", "24/7"),
        ("00:00-23:59", "24/7"),
        ("WHOLE DAY", "24/7"),
        ("8:00-22:00", "08:00-22:00"),
        ("8：00—22：00", "08:00-22:00"),
        ("0800-2200", "08:00-22:00"),
        ("9-17", "09:00-17:00"),
        ("早8点到晚10点", "08:00-22:00"),
        ("早上6点半-晚上11点", "06:30-23:00"),
        ("7AM-10.30PM", "07:00-22:30"),
        ("06:00~次日02:00", "06:00-02:00"),
        ("18:00-02:00", "18:00-02:00"),
        ("8:00-12:00;14:00-18:00", "08:00-12:00,14:00-18:00"),
        ("上午9:00-11:30，下午2:00-5:00", "09:00-11:30,14:00-17:00"),
        ("周一至周五 8:00-18:00", "Mo-Fr 08:00-18:00"),
        ("週一至週五 8時至18時", "Mo-Fr 08:00-18:00"),
        ("周六日全天", "Sa,Su"),
        ("工作日9:00-17:00", "Mo-Fr 09:00-17:00; PH closed"),
        ("周末及节假日 9:00-18:00", "Sa-Su,PH 09:00-18:00"),
        ("周二至周日9:00-17:00，周一闭馆", "Tu-Su 09:00-17:00; Mo closed"),
        (
            "夏季（5月-10月）6:00-22:00；冬季（11月-次年4月）6:30-21:30",
            "May-Oct 06:00-22:00; Nov-Apr 06:30-21:30",
        ),
        ("Mo-Fr 08:30-20:00,Sa-Su 09:00-17:00", "Mo-Fr 08:30-20:00, Sa-Su 09:00-17:00"),
        ("Mo-Fr 09:00-17:00; PH off", "Mo-Fr 09:00-17:00; PH closed"),
        ("off", "24/7 closed"),
    ],
)
def test_what_is_certain_is_read(written: str, read: str) -> None:
    assert hours.read(written) == read
    assert hours.read(read) == read


@pytest.mark.parametrize(
    "written",
    [
        "", "夏季6:00-22:00", "夏季6:00-22:00，冬季6:30-21:00", "8:00-22:00（夏季）", "周一闭馆",
        "全年无休", "节假日 9:00-17:00", "9-5", "9:00-5:00", "8点-8点", "晚8点-2点", "25:00-26:00",
        "2024", "8", "see sign", "by appointment", '"by appointment"', "x" * 500, "\x00", "13月-14月 6:00-7:00",
    ],
)  # fmt: skip
def test_what_is_not_certain_is_left_alone(written: str) -> None:
    with pytest.raises(Unreadable):
        hours.read(written)


@pytest.mark.parametrize(
    ("expression", "day", "time", "is_open"),
    [
        ("24/7", "2026-11-22", "03:00", True),
        ("24/7 closed", "2026-11-22", "12:00", False),
        ("08:00-22:00", "2026-11-22", "07:59", False),
        ("08:00-22:00", "2026-11-22", "08:00", True),
        ("08:00-22:00", "2026-11-22", "22:00", False),
        (None, "2026-11-22", "12:00", None),
        # Sunday's night lasts until Monday at two; Monday is a day off, and so is its night.
        ("06:00-02:00; Mo closed", "2026-11-23", "01:00", True),
        ("06:00-02:00; Mo closed", "2026-11-23", "12:00", False),
        ("06:00-02:00; Mo closed", "2026-11-24", "01:00", False),
        # The National Day week, which the library knows one day of.
        ("Mo-Fr 09:00-17:00; PH closed", "2026-10-05", "10:00", False),
        ("Mo-Fr 09:00-17:00", "2026-10-05", "10:00", True),
        ("Mo-Fr 09:00-17:00; PH 10:00-12:00", "2026-10-05", "11:00", True),
        ("Apr-Sep Mo-Fr,PH 09:00-17:00", "2026-09-26", "10:00", True),
        ("Apr-Sep Mo-Fr,PH 09:00-17:00", "2026-10-03", "10:00", False),
        # Saturdays worked for it: who keeps the calendar of holidays is open.
        ("Mo-Fr 09:00-17:00; PH closed", "2026-10-10", "10:00", True),
        ("Mo-Fr 09:00-17:00; Sa 10:00-12:00; PH closed", "2026-10-10", "16:00", True),
        ("Mo-Fr 09:00-17:00", "2026-10-10", "10:00", False),
        # Not announced yet: the legal days themselves.
        ("Mo-Fr 09:00-17:00; PH closed", "2027-01-01", "10:00", False),
        ("sunrise-sunset", "2026-06-21", "06:30", True),
        ("sunrise-sunset", "2026-12-21", "06:30", False),
        ('Mo-Fr 09:00-17:00 || "call"', "2026-11-22", "10:00", None),
        ('Mo-Fr 09:00-17:00 || "call"', "2026-11-23", "10:00", True),
    ],
)
def test_it_is_open_when_it_is(
    expression: str | None, day: str, time: str, *, is_open: bool | None
) -> None:
    assert hours.is_open(expression, at(day, time)) is is_open


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (None, "开放时间不详"),
        ("24/7", "24 小时开放"),
        ("24/7 closed", "暂不开放"),
        ("08:00-23:30", "现在开放，到 23:30"),
        ("06:00-24:00", "现在开放，到 24:00"),
        ("06:00-02:00", "现在开放，到明天 02:00"),
        ("08:00-22:00", "现在未开放，明天 08:00 开放"),
        ("We 09:00-17:00", "现在未开放，周三 09:00 开放"),
        ("Dec 24 09:00-17:00", "现在未开放，12月24日 09:00 开放"),
        ('Mo-Fr 09:00-17:00 || "call"', "开放时间以现场为准"),
    ],
)
def test_it_is_said_as_people_say_it(expression: str | None, words: str) -> None:
    assert hours_spoken.spoken(expression, at("2026-11-22", "23:00")) == words


def test_hours_are_shown_in_words() -> None:
    assert hours_spoken.in_words("Mo-Fr 08:00-18:00; PH closed") == (
        "周一至周五 08:00–18:00；法定节假日 不开放"
    )
    assert hours_spoken.in_words("May 1-Oct 31 06:00-22:00") == "5月1日至10月31日 06:00–22:00"


@pytest.mark.parametrize(
    "expression",
    ["24/7", "06:00-02:00; Mo closed", "Mo-Fr 09:00-12:00,14:00-17:00; PH closed", "Sa,Su"],
)
def test_intervals_agree_with_the_single_answer(expression: str) -> None:
    begin = at("2026-09-30", "00:00")
    spans = hours.intervals(expression, begin, days=4)
    for quarter in range(4 * 96):
        instant = int(begin.timestamp()) + quarter * 900
        is_within = any(since <= instant < until for since, until in spans)
        assert hours.is_open(expression, datetime.fromtimestamp(instant, CITY)) is is_within
