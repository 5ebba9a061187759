"""Opening hours as people write them in tables, made OSM's syntax where the meaning is certain.

「8:00-22:00」「周一至周五 早8点到晚6点，周日休息」「24小時」「5月-10月 6:00-22:00；11月-4月 6:30-21:00」
are read. 「夏季 6:00-22:00」 is not: nobody knows when that summer begins.
"""

import re
from dataclasses import dataclass, field

from .rules import simplified


class Unreadable(ValueError):
    """The text could not be understood, or could be understood in two ways."""


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = dict(zip("一二三四五六日天", ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "Su"), strict=True))
_MORNING = ("早上", "早晨", "清晨", "上午", "早", "am")
_EVENING = ("下午", "午后", "晚上", "晚间", "夜间", "傍晚", "晚", "夜", "pm")
_NIGHT = ("次日", "翌日", "第二天", "隔日", "凌晨")

_TIME = (
    r"(?P<{0}when>次日凌晨|次日|翌日|第二天|隔日|凌晨|早上|早晨|清晨|上午|早|中午|下午|午后|傍晚|晚上|晚间|夜间|晚|夜|am|pm)?\s*"
    r"(?:(?P<{0}four>\d{{4}})(?!\d)|(?P<{0}hour>\d{{1,2}})"
    r"(?:[:.](?P<{0}minute>\d{{2}})(?::\d{{2}})?|(?P<{0}half>点半|时半)|[点时](?P<{0}past>\d{{1,2}})?分?钟?|h(?!o))?)"
    r"(?:\s*(?P<{0}after>am|pm|a\.m\.|p\.m\.))?"
)
_SPAN = re.compile(_TIME.format("from_") + r"\s*(?:-|~)+\s*" + _TIME.format("to_"))
_ALL_DAY = re.compile(
    r"(?:7\s*[*x×天]\s*)?24\s*(?:小时|h(?:ou)?rs?|h|时)|全天候?|whole day|昼夜|终日|全日"
)
_ALWAYS_WORDS = re.compile(r"24/7|7[*x×]24")
_SUN = re.compile(r"(?:日出|天亮)\s*-\s*(?:日落|天黑)")
_MONTH_SPAN = re.compile(
    r"(?:[夏冬春秋]季?[令]?(?:时间|时)?)?\s*[((]?\s*(\d{1,2})月份?(?:(\d{1,2})[日号])?\s*-\s*(?:次年|翌年)?(\d{1,2})月份?(?:(\d{1,2})[日号])?\s*[))]?"
)
_DAY_PART = r"(?:周|星期|礼拜)?[一二三四五六日天]"
_DAY_SPAN = re.compile(
    r"(?:周|星期|礼拜)([一二三四五六日天])\s*-\s*(?:周|星期|礼拜)?([一二三四五六日天])"
)
_DAY_LIST = re.compile(
    rf"(?:周|星期|礼拜)([一二三四五六日天](?:[、,和及]?{_DAY_PART})*)(?![一二三四五六日天])"
)
_WEEKEND = re.compile(r"周末|双休日")
_FEAST = re.compile(r"法定节?假日|国定假日|国家法定节?假日")
_LOOSE_FEAST = re.compile(r"节假日|例假日|假日")
_WORKDAY_WORDS = ("工作日", "平日")
_WORKDAYS = re.compile("|".join(_WORKDAY_WORDS))
_DAILY = re.compile(r"每[天日]|天天|全年无休|年中无休|全年|everyday|daily")
_CLOSED = re.compile(r"休息|闭馆|闭园|关闭|关门|不开放|不营业|停业|公休|歇业|休馆|除外")
_FILLER = re.compile(r"(?:对外)?(?:开放|营业|服务|使用)(?:时间)?|时间|为|:")
_AND = re.compile(r"[、,和及与]")
_STOP = re.compile(r"[;,、。\s|]+")


@dataclass
class _Rule:
    months: str = ""
    days: list[str] = field(default_factory=list)
    spans: list[str] = field(default_factory=list)
    is_closed: bool = False
    is_daily: bool = False
    is_workdays: bool = False

    @property
    def is_said(self) -> bool:
        return bool(self.spans) or self.is_closed

    def osm(self) -> str:
        what = "off" if self.is_closed else ",".join(self.spans)
        return " ".join(part for part in (self.months, ",".join(self.days), what) if part)


def from_words(text: str) -> str:
    """Return the hours in OSM's syntax; raise Unreadable."""
    plain = simplified(text).lower()
    plain = re.sub(r"[—–−～〜―]+|至|到", "-", plain)
    if _ALWAYS_WORDS.fullmatch(plain.strip()):
        return "24/7"
    return _Reader(plain).read()


class _Reader:
    """Goes through the text once; all of it must be understood."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.rules: list[_Rule] = []
        self.rule = _Rule()

    def read(self) -> str:
        steps = (self._months, self._days, self._hours, self._closed, self._skip)
        while self.at < len(self.text):
            if not any(step() for step in steps):
                raise Unreadable(self.text)
        self._end_rule()
        return self._written()

    def _written(self) -> str:
        if not self.rules:
            raise Unreadable(self.text)
        if all(rule.is_closed for rule in self.rules):
            # Closed on Mondays, and otherwise? Nothing is said.
            raise Unreadable(self.text)
        if len({bool(rule.months) for rule in self.rules}) > 1 and not self.rules[0].is_closed:
            raise Unreadable(self.text)
        lines = [rule.osm() for rule in self.rules]
        if any(rule.is_workdays for rule in self.rules) and not any("PH" in line for line in lines):
            lines.append("PH off")
        if lines == ["00:00-24:00"]:
            return "24/7"
        # Days off are said last, so that nothing said later opens them again.
        return "; ".join(sorted(lines, key=lambda line: line.endswith("off")))

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found is None or found.end() == self.at:
            return None
        self.at = found.end()
        return found

    def _end_rule(self) -> None:
        if self.rule.is_said:
            self.rules.append(self.rule)
        elif self.rule.days or self.rule.months:
            raise Unreadable(self.text)
        self.rule = _Rule()

    def _months(self) -> bool:
        found = self._take(_MONTH_SPAN)
        if found is None:
            return False
        if self.rule.is_said or self.rule.months:
            self._end_rule()
        first, first_day, last, last_day = found.groups()
        self.rule.months = (
            f"{_month(first, first_day, self.text)}-{_month(last, last_day, self.text)}"
        )
        return True

    def _days(self) -> bool:
        """Take one expression for days; several in a row, joined by 及, make one list."""
        start = self.at
        if self._take(_DAILY):
            self._begin_days(start)
            self.rule.is_daily = True
            return True
        days = self._named_days()
        if days is None:
            return False
        self._begin_days(start)
        self.rule.days += days
        self.rule.is_workdays |= days == ["Mo-Fr"] and self.text.startswith(_WORKDAY_WORDS, start)
        self._take(_AND)
        return True

    def _named_days(self) -> list[str] | None:
        for pattern, days in ((_WORKDAYS, "Mo-Fr"), (_WEEKEND, "Sa-Su"), (_FEAST, "PH")):
            if self._take(pattern):
                return [days]
        if self._take(_LOOSE_FEAST):
            # Weekends may be meant too, unless they were named beside it.
            if not any(day in ("Sa-Su", "Sa", "Su") for day in self.rule.days):
                raise Unreadable(self.text)
            return ["PH"]
        if found := self._take(_DAY_SPAN):
            first, last = (_DAYS[name] for name in found.groups())
            return [] if (first, last) == ("Mo", "Su") else [f"{first}-{last}"]
        found = self._take(_DAY_LIST)
        return [_DAYS[sign] for sign in found.group(1) if sign in _DAYS] if found else None

    def _begin_days(self, start: int) -> None:
        if self.rule.is_said:
            months = self.rule.months
            at, self.at = self.at, start
            self._end_rule()
            self.at, self.rule.months = at, months

    def _hours(self) -> bool:
        if found := self._take(_SPAN):
            span = _span(found, self.text)
        elif self._take(_ALL_DAY):
            span = "00:00-24:00"
        elif self._take(_SUN):
            span = "sunrise-sunset"
        else:
            return False
        if self.rule.is_closed:
            raise Unreadable(self.text)
        self.rule.spans.append(span)
        return True

    def _closed(self) -> bool:
        if self._take(_CLOSED) is None:
            return False
        if self.rule.spans:
            raise Unreadable(self.text)
        self.rule.is_closed = True
        if not self.rule.days:
            raise Unreadable(self.text)
        return True

    def _skip(self) -> bool:
        return bool(self._take(_FILLER) or self._take(_STOP))


def _month(number: str, day: str | None, text: str) -> str:
    if not 1 <= int(number) <= 12 or (day and not 1 <= int(day) <= 31):
        raise Unreadable(text)
    return _MONTHS[int(number) - 1] + (f" {int(day):02}" if day else "")


@dataclass(frozen=True)
class _Clock:
    """A time as written: minutes since midnight of its twelve or twenty-four hours, and a hint."""

    minutes: int
    when: str
    is_exact: bool  # written with minutes


def _span(found: re.Match[str], text: str) -> str:
    start, end = _clock(found, "from_", text), _clock(found, "to_", text)
    first = _on_24_hours(start, text)
    last = _on_24_hours(end, text)
    if not end.when and start.when in _EVENING and end.minutes < 12 * 60:
        last += 12 * 60
        if last <= first:
            raise Unreadable(text)
    if (first, last) == (0, 23 * 60 + 59):
        last = 24 * 60
    is_next_day = end.when.startswith(_NIGHT)
    if last == first or (last < first and not (is_next_day or _may_be_night(end, first, last))):
        raise Unreadable(text)
    if is_next_day and last > first:
        raise Unreadable(text)
    return f"{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}"


def _may_be_night(end: _Clock, first: int, last: int) -> bool:
    """18:00-02:00 is meant, and so is 6:00-1:00; 9:00-5:00 is an office's afternoon."""
    is_office = 7 * 60 <= first <= 11 * 60 and last >= 3 * 60
    return end.is_exact and not end.when and last <= 6 * 60 and not is_office


def _clock(found: re.Match[str], side: str, text: str) -> _Clock:
    part = {
        name.removeprefix(side): value
        for name, value in found.groupdict().items()
        if name.startswith(side)
    }
    if part["four"]:
        hour, minute = int(part["four"][:2]), int(part["four"][2:])
    else:
        hour = int(part["hour"])
        minute = 30 if part["half"] else int(part["minute"] or part["past"] or 0)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise Unreadable(text)
    when = (part["after"] or part["when"] or "").replace(".", "")
    return _Clock(hour * 60 + minute, when, bool(part["four"] or part["minute"]))


def _on_24_hours(time: _Clock, text: str) -> int:
    noon = 12 * 60
    if time.when in _EVENING:
        if time.minutes < noon:
            return time.minutes + noon
        is_midnight = (
            time.minutes == noon and time.when != "pm" and time.when not in ("下午", "午后")
        )
        return 2 * noon if is_midnight else time.minutes
    if time.when == "中午":
        if time.minutes < 11 * 60:
            return time.minutes + noon
        return time.minutes
    if time.when in _MORNING or time.when.startswith(_NIGHT):
        if time.minutes > noon + 59:
            raise Unreadable(text)
        is_past_midnight = time.minutes >= noon and time.when not in ("上午", "早上", "早")
        return time.minutes - noon if is_past_midnight else time.minutes
    return time.minutes
