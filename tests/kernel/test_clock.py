"""The clock: aware instants, the city's days, and times as people say them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kernel import clock


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CITY)


AT = city("2026-11-22 16:05")


def test_now_is_aware_and_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 16, 0, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_day_ends_at_the_citys_midnight(instant: datetime, day: date) -> None:
    assert clock.city_day(instant) == day


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2026-11-22 16:05", "今天 16:05"),
        ("2026-11-22 00:00", "今天 00:00"),
        ("2026-11-21 23:59", "昨天 23:59"),
        ("2026-11-21 00:00", "昨天 00:00"),
        ("2026-11-20 23:59", "11月20日 23:59"),
        ("2026-01-02 08:30", "1月2日 08:30"),
        ("2025-12-31 08:00", "2025年12月31日 08:00"),
        ("2025-11-22 16:05", "2025年11月22日 16:05"),
        # A clock that goes wrong, or a date that lies ahead.
        ("2026-11-23 09:00", "11月23日 09:00"),
        ("2027-01-01 00:00", "2027年1月1日 00:00"),
    ],
)
def test_an_instant_is_said_as_people_say_it(instant: str, words: str) -> None:
    assert clock.spoken(city(instant), at=AT) == words


def test_an_instant_in_another_zone_is_said_in_the_citys_time() -> None:
    assert clock.spoken(datetime(2026, 11, 21, 16, 30, tzinfo=UTC), at=AT) == "今天 00:30"


def test_yesterday_may_be_last_year() -> None:
    assert clock.spoken(city("2025-12-31 23:00"), at=city("2026-01-01 01:00")) == "昨天 23:00"


def test_without_a_moment_it_is_said_from_now() -> None:
    assert clock.spoken(clock.now()).startswith("今天 ")


@pytest.mark.parametrize(
    ("at", "left"),
    [
        ("2026-11-22 16:05:00", timedelta(hours=7, minutes=55)),
        ("2026-11-22 23:59:59", timedelta(seconds=1)),
        ("2026-11-22 00:00:00", timedelta(days=1)),
    ],
)
def test_midnight_is_the_citys(monkeypatch: pytest.MonkeyPatch, at: str, left: timedelta) -> None:
    monkeypatch.setattr(clock, "now", lambda: city(at).astimezone(UTC))

    assert clock.until_midnight() == left
