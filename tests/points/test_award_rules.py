"""What a report is worth: plain Python, no database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points import award_rules
from points.award_rules import AwardRules, Decision, Past, PastReport, Withheld
from points.errors import BadRules

AT = datetime(2026, 11, 16, 4, tzinfo=UTC)
RULES = AwardRules(
    points={"": 10, "01": 20, "0102": 5, "09": 0},
    follower_points=1,
    daily_cap=50,
    monthly_cap=200,
    interval_minutes=2,
    kept_months=12,
    excluded_sources=("import",),
)


def decide(
    *,
    case_class: str | None = None,
    is_first: bool = True,
    past: Past = Past(),  # noqa: B008  # frozen
    source: str = "wechat",
) -> Decision:
    return award_rules.decide(
        RULES, case_class=case_class, source=source, is_first=is_first, reported_at=AT, past=past
    )


@pytest.mark.parametrize(
    ("case_class", "points"),
    [(None, 10), ("", 10), ("0203", 10), ("01", 20), ("0101", 20), ("010299", 5)],
)
def test_the_longest_beginning_of_the_class_decides(case_class: str | None, points: int):
    assert decide(case_class=case_class) == Decision(points)


def test_a_follower_gets_a_token():
    assert decide(case_class="01", is_first=False) == Decision(1)


def test_a_class_may_be_worth_nothing_to_the_first_and_to_followers():
    assert decide(case_class="09") == Decision(0, Withheld.CLASS)
    assert decide(case_class="09", is_first=False) == Decision(0, Withheld.CLASS)


def test_a_source_may_be_left_out():
    assert decide(source="import") == Decision(0, Withheld.SOURCE)


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (Past(on_day=40, in_month=40), Decision(10)),
        (Past(on_day=45, in_month=45), Decision(5, Withheld.DAILY_CAP)),
        (Past(on_day=50, in_month=50), Decision(0, Withheld.DAILY_CAP)),
        (Past(on_day=0, in_month=195), Decision(5, Withheld.MONTHLY_CAP)),
        (Past(on_day=0, in_month=200), Decision(0, Withheld.MONTHLY_CAP)),
        (Past(on_day=49, in_month=195), Decision(1, Withheld.DAILY_CAP)),
        (Past(on_day=45, in_month=199), Decision(1, Withheld.MONTHLY_CAP)),
    ],
)
def test_caps_leave_what_is_left(past: Past, expected: Decision):
    assert decide(past=past) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (1.9, Decision(0, Withheld.INTERVAL)),
        (-1.9, Decision(0, Withheld.INTERVAL)),
        (2, Decision(10)),
    ],
)
def test_two_reports_too_near_in_time_earn_once(minutes: float, expected: Decision):
    assert decide(past=Past(last_at=AT - timedelta(minutes=minutes))) == expected


@given(
    on_day=st.integers(0, 300),
    in_month=st.integers(0, 300),
    is_first=st.booleans(),
    case_class=st.sampled_from([None, "01", "0102", "09"]),
)
def test_no_decision_goes_beyond_a_cap(
    *, on_day: int, in_month: int, is_first: bool, case_class: str | None
):
    past = Past(on_day=on_day, in_month=in_month)
    made = decide(case_class=case_class, is_first=is_first, past=past)
    assert made.points >= 0
    assert made.points == 0 or on_day + made.points <= RULES.daily_cap
    assert made.points == 0 or in_month + made.points <= RULES.monthly_cap
    assert made.points > 0 or made.withheld is not None


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 11, 16), date(2027, 11, 30)),
        (date(2027, 2, 28), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_points_live_to_the_end_of_a_month(day: date, last: date):
    assert award_rules.expiry(RULES, day) == last


def test_rules_are_stored_and_read_back():
    assert award_rules.from_body(award_rules.to_body(RULES)) == RULES


@pytest.mark.parametrize(
    "change",
    [
        {"points": {"01": 5}},
        {"points": {"": -1}},
        {"points": {"": 1.5}},
        {"points": {"": True}},
        {"points": "10"},
        {"daily_cap": 500},
        {"daily_cap": None},
        {"kept_months": 0},
        {"follower_points": "1"},
        {"excluded_sources": "wechat"},
        {"for_following": 5},
    ],
)
def test_rules_that_make_no_sense_are_refused(change: dict[str, object]):
    with pytest.raises(BadRules):
        award_rules.from_body(award_rules.to_body(RULES) | change)


def test_rules_without_a_figure_are_refused():
    body = award_rules.to_body(RULES)
    del body["daily_cap"]
    with pytest.raises(BadRules):
        award_rules.from_body(body)


def past_report(citizen_id: int, minutes: int, **changed: object) -> PastReport:
    values: dict[str, object] = {
        "citizen_id": citizen_id,
        "case_class": "01",
        "source": "wechat",
        "is_first": True,
        "reported_at": AT + timedelta(minutes=minutes),
        "filed_on": date(2026, 10, 16),
    }
    return PastReport(**(values | changed))  # type: ignore[arg-type]  # its own fields


def test_a_preview_says_what_last_month_would_have_cost():
    reports = [past_report(1, 10 * number) for number in range(4)]
    reports += [past_report(2, 0, is_first=False), past_report(3, 0, case_class="09")]
    seen = award_rules.preview(RULES, reports)
    assert (seen.points, seen.people, seen.reports) == (51, 2, 6)
    assert seen.withheld == {Withheld.DAILY_CAP: 2, Withheld.CLASS: 1}
