"""The rules of a case's life: plain Python, no database."""

from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import IllegalMove
from cases.events import OF_MOVE
from cases.rules import (
    MOVE_WORDS,
    MOVES,
    OPEN,
    REPORT,
    STATUS_WORDS,
    Status,
    allowed,
    damm_check_digit,
    is_complete,
    report_number,
    tidy_report_number,
)

# The whole of the workflow, written down a second time by hand.
LEGAL = {
    ("reported", "file"): "filed",
    ("reported", "refuse"): "refused",
    ("filed", "dispatch"): "dispatched",
    ("dispatched", "return"): "filed",
    ("dispatched", "dispose"): "disposed",
    ("disposed", "rework"): "dispatched",
    ("disposed", "close"): "closed",
}

numbers = st.builds(
    report_number,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999_999),
)


@pytest.mark.parametrize(("status", "move"), list(product(Status, MOVES)))
def test_exactly_the_listed_moves_are_legal(status: Status, move: str) -> None:
    goes_to = MOVES[move].to if MOVES[move].origin is status else None

    assert goes_to == LEGAL.get((status.value, move))
    assert (move in allowed(status)) == ((status.value, move) in LEGAL)


def test_what_ended_stays_ended() -> None:
    ended = set(Status) - set(OPEN)

    assert ended == {Status.CLOSED, Status.REFUSED}
    assert [allowed(status) for status in ended] == [(), ()]


def test_every_open_case_can_get_to_an_end() -> None:
    for status in OPEN:
        reached, new = {status}, {status}
        while new:
            new = {MOVES[name].to for at in new for name in allowed(at)} - reached
            reached |= new
        assert reached & {Status.CLOSED, Status.REFUSED}


def test_the_usual_move_is_offered_first() -> None:
    assert [allowed(status)[0] for status in OPEN[:2]] == ["file", "dispatch"]


def test_a_refusal_a_way_back_and_a_disposal_must_be_explained() -> None:
    assert {name: set(move.needs) for name, move in MOVES.items() if move.needs} == {
        "refuse": {"note"},
        "return": {"note"},
        "rework": {"note"},
        "dispatch": {"body"},
        "dispose": {"note", "photo"},
    }


def test_every_status_and_move_has_words_and_an_event() -> None:
    assert set(STATUS_WORDS) == set(Status)
    assert set(MOVE_WORDS) == set(OF_MOVE) == {REPORT, *MOVES}
    assert len(set(STATUS_WORDS.values())) == len(Status)
    assert len(set(OF_MOVE.values())) == len(OF_MOVE)
    assert IllegalMove.sentence


@given(st.text("0123456789", max_size=14))
def test_a_check_digit_is_one_digit_and_closes_its_number(digits: str) -> None:
    check = damm_check_digit(digits)

    assert check in "0123456789"
    assert damm_check_digit(digits + check) == "0"


def test_the_published_example_has_its_published_check_digit() -> None:
    assert damm_check_digit("572") == "4"  # H. M. Damm's algorithm, the usual example


@given(numbers)
def test_a_number_is_tidy_already(number: str) -> None:
    assert tidy_report_number(number) == number
    assert len(number) == 16


@given(numbers)
def test_every_single_wrong_digit_is_noticed(number: str) -> None:
    for at, right in enumerate(number):
        if right.isdigit():
            for wrong in set("0123456789") - {right}:
                assert tidy_report_number(number[:at] + wrong + number[at + 1 :]) is None


@given(numbers)
def test_every_swap_of_neighbouring_digits_is_noticed(number: str) -> None:
    places = [at for at, letter in enumerate(number) if letter.isdigit()]
    for one, other in pairwise(places):  # also over the hyphen
        letters = list(number)
        letters[one], letters[other] = letters[other], letters[one]
        swapped = "".join(letters)
        assert swapped == number or tidy_report_number(swapped) is None


@given(numbers)
def test_a_lost_or_doubled_digit_is_noticed(number: str) -> None:
    for at, letter in enumerate(number):
        if letter.isdigit():
            assert tidy_report_number(number[:at] + number[at + 1 :]) is None
            assert tidy_report_number(number[:at] + letter + number[at:]) is None


def test_a_number_shows_its_day() -> None:
    assert report_number("JB", date(2026, 11, 22), 483920).startswith("JB261122-483920")
    assert report_number("JB", date(2026, 1, 2), 7).startswith("JB260102-000007")


@pytest.mark.parametrize(
    "form",
    [
        "{prefix}{day}-{rest}",
        "{prefix}{day}{rest}",
        " {prefix} {day} - {rest} ",
        "{lower}{day}-{rest}",
        "{wide}",
        "{prefix}{day}－{rest}",  # full-width hyphen
        "{prefix}{day}—{rest}",  # the dash of a Chinese keyboard
        "{prefix}{day}——{rest}",  # which types two
        "{prefix}{day}–{rest}",  # what a word processor makes of it
        "{prefix}{day}−{rest}",
        "{prefix}{day}‑{rest}",
        "{prefix}{day}_{rest}",
        "{prefix}\u3000{day}\n{rest}\t",
        "\u200b{prefix}{day}-{rest}\ufeff",  # what copying out of a chat brings along
        "「{prefix}{day}-{rest}」",
        "编号：{prefix}{day}-{rest}。",
    ],
)
def test_a_number_is_known_in_whatever_form_people_type_it(form: str) -> None:
    number = report_number("JB", date(2026, 11, 22), 483920)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    typed = form.format(
        prefix=number[:2], lower=number[:2].lower(), day=number[2:8], rest=number[9:], wide=wide
    )

    assert tidy_report_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "JB",
        "-",
        "JB261122-",
        "12345678901234567890" * 50,
        "JB٢٦١١٢٢-٤٨٣٩٢٠٧",  # Arabic digits are digits to some functions
        "JB261122-４８３９２０",
        "\x00",
        "\ud800",
        "J1261122-4839207",
        "JB261122-4839207; DROP TABLE cases_cases",
        "%",
        "_" * 16,
    ],
)
def test_what_cannot_be_a_number_is_none(typed: str) -> None:
    assert tidy_report_number(typed) is None


@settings(max_examples=50)
@given(st.text())
def test_any_text_is_a_number_in_its_one_form_or_none(typed: str) -> None:
    number = tidy_report_number(typed)

    assert number is None or tidy_report_number(number) == number


@pytest.mark.parametrize(
    ("text", "photos", "has_place", "expected"),
    [
        ("路灯不亮", (), True, True),
        (None, (7,), True, True),
        ("路灯不亮", (7,), True, True),
        (None, (), True, False),
        ("", (), True, False),
        ("路灯不亮", (7,), False, False),
    ],
)
def test_a_report_needs_a_place_and_a_photo_or_a_sentence(
    *, text: str | None, photos: tuple[int, ...], has_place: bool, expected: bool
) -> None:
    assert is_complete(text=text, photos=photos, has_place=has_place) is expected
