"""Opening hours as people say them: what holds now, and all of them."""

import re
from datetime import datetime, time

from kernel import clock
from kernel.words import day_of_year, gettext, later, said

from .hours import ALWAYS, DAY_NAMES, MONTHS, is_open, next_change


def spoken(hours: str | None, instant: datetime) -> str:
    """Say it as people do: 现在开放，到 22:00。"""
    if hours is None:
        return gettext("开放时间不详")
    if hours == ALWAYS:
        return gettext("24 小时开放")
    now_open = is_open(hours, instant)
    if now_open is None:
        return gettext("开放时间以现场为准")
    change = next_change(hours, instant)
    if change is None:
        return gettext("现在开放") if now_open else gettext("暂不开放")
    return _until(change, instant) if now_open else _from(change, instant)


def _until(change: datetime, instant: datetime) -> str:
    days, at = _day(change, instant)
    if days == 0:
        return gettext("现在开放，到 %(time)s", time=at)
    return gettext("现在开放，到%(when)s", when=_when(change, instant))


def _from(change: datetime, instant: datetime) -> str:
    return gettext("现在未开放，%(when)s 开放", when=_when(change, instant))


def _day(then: datetime, instant: datetime) -> tuple[int, str]:
    """Return in how many days that is, and the time; midnight is the end of a day."""
    local = clock.in_city(then)
    days = (local.date() - clock.city_day(instant)).days
    return (0, "24:00") if days == 1 and local.time() == time() else (days, f"{local:%H:%M}")


def _when(then: datetime, instant: datetime) -> str:
    days, at = _day(then, instant)
    local = clock.in_city(then)
    if days < 2:
        day = gettext("明天") if days else gettext("今天")
    elif days < 7:
        day = said(_WEEKDAYS[local.weekday()])
    else:
        day = day_of_year(local)
    return f"{day} {at}"


_WEEKDAYS = (
    later("周一"),
    later("周二"),
    later("周三"),
    later("周四"),
    later("周五"),
    later("周六"),
    later("周日"),
)
_WORDS = {
    **dict(zip(DAY_NAMES, _WEEKDAYS, strict=True)),
    **{month: f"{number}月" for number, month in enumerate(MONTHS, 1)},
    "PH": later("法定节假日"),
    "SH": later("学校假期"),
    "closed": later("不开放"),
    "open": later("开放"),
    "unknown": later("不确定"),
    "sunrise": later("日出"),
    "sunset": later("日落"),
    "dawn": later("黎明"),
    "dusk": later("黄昏"),
    "easter": later("复活节"),
    "days": later("天"),
}
_WORD = re.compile(r'"[^"]*"|[A-Za-z]+|24/7|; |, | \|\| |,|-')
_MARKS = {
    "; ": later("；"),
    ", ": later("，"),
    " || ": later("；其余："),
    ",": later("、"),
    "-": "–",
    "24/7": later("全天"),
}


def in_words(hours: str) -> str:
    """Return the hours in words: 周一至周五 08:00–18:00；法定节假日 不开放."""
    if hours == ALWAYS:
        return gettext("24 小时")
    if hours == f"{ALWAYS} closed":
        return gettext("不开放")
    words = _WORD.sub(_in_words, hours)
    # In Chinese alone: 5月1日, 周一至周五.
    words = re.sub(r"(\d月) (\d{1,2})(?!\d*[:月])", r"\1\2日", words)
    return re.sub(r"(?<=[日月一二三四五六期])–(?=[周\d法学])", "至", words)


def _in_words(found: re.Match[str]) -> str:
    word = found.group()
    if word.startswith('"'):
        return f"（{word[1:-1]}）"
    return said(_MARKS.get(word) or _WORDS.get(word, word))
