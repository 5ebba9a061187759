"""The rules of a case's life: plain Python, no database."""

from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accounts
from cases.errors import IllegalMove
from cases.events import OF_MOVE
from cases.rules import damm_check_digit, is_complete, report_number, tidy_report_number
from cases.workflow import (
    LEGAL,
    MOVE_WORDS,
    MOVES,
    OPEN,
    REPORT,
    STATUS_WORDS,
    STEPS,
    Status,
    allowed,
    offered,
)

# The whole of the workflow, written down a second time by hand.
DESK, SENDERS = {"acceptor", "shift_leader"}, {"dispatcher", "shift_leader"}
LEADER, INSPECTORS = {"shift_leader"}, {"inspector", "shift_leader"}
SOLVERS = {"body_staff", *SENDERS}
Listed = tuple[str | None, set[str], set[str]]
BEFORE_FILING: dict[str, Listed] = {
    "file": ("filed", DESK, {"condition"}),
    "refuse": ("refused", DESK, {"note"}),
    "verify": ("verifying", DESK, set()),
    "merge": ("merged", DESK | SENDERS, {"case"}),
}
FORCED: Listed = ("force_closed", LEADER, {"note"})
ENDED: dict[str, Listed] = {
    "revisit": (None, {*DESK, "supervisor"}, {"note"}),
    "reopen": ("filed", DESK, {"note"}),
}
READMITTED: dict[str, Listed] = {"readmit": ("accepted", {"shift_leader", "supervisor"}, {"note"})}
# status -> move -> (goal, who may, what it needs)
TABLE: dict[str, dict[str, Listed]] = {
    "reported": BEFORE_FILING | {"accept": ("accepted", DESK, set())},
    "accepted": BEFORE_FILING,
    "verifying": {"verified": ("accepted", {"inspector", *DESK}, {"note"})},
    "filed": {
        "dispatch": ("dispatched", SENDERS, {"body"}),
        "void": ("voided", LEADER, {"note"}),
        "force_close": FORCED,
        "merge": ("merged", DESK | SENDERS, {"case"}),
    },
    "dispatched": {
        "dispose": ("disposed", SOLVERS, {"note", "photo"}),
        "handle": ("handled", {"body_staff", "shift_leader"}, {"note", "photo"}),
        "return": ("filed", SOLVERS, {"note"}),
        "extend": (None, SENDERS, {"note"}),
        "suspend": ("suspended", SENDERS, {"note"}),
        "void": ("voided", LEADER, {"note"}),
        "force_close": FORCED,
    },
    "suspended": {"resume": ("dispatched", SOLVERS, set()), "force_close": FORCED},
    "handled": {
        "feedback": ("disposed", SOLVERS, set()),
        "redo": ("dispatched", SOLVERS, {"note"}),
        "force_close": FORCED,
    },
    "disposed": {
        "check": ("checked", INSPECTORS, {"photo"}),
        "close": ("closed", DESK, {"photo"}),
        "rework": ("dispatched", {"acceptor", *INSPECTORS}, {"note", "photo"}),
        "force_close": FORCED,
    },
    "checked": {
        "close": ("closed", DESK, set()),
        "rework": ("dispatched", DESK, {"note"}),
        "force_close": FORCED,
    },
    "closed": ENDED,
    "force_closed": ENDED,
    "refused": READMITTED,
    "voided": READMITTED,
    "merged": {"split": ("accepted", LEADER, {"note"})},
}

numbers = st.builds(
    report_number,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999_999),
)


def test_the_table_knows_every_status() -> None:
    assert set(TABLE) == set(Status)


@pytest.mark.parametrize(("status", "move"), list(product(Status, MOVES)))
def test_exactly_the_listed_moves_are_legal(status: Status, move: str) -> None:
    step, listed = STEPS.get((move, status)), TABLE[status].get(move)

    assert (step is None) == (listed is None) == (move not in allowed(status))
    if step and listed:
        goal, roles, needs = listed
        assert (step.to, set(step.roles), set(step.needs)) == (goal or status, roles, needs)


@pytest.mark.parametrize("role", accounts.Role)
def test_a_role_is_offered_what_the_table_gives_it(role: accounts.Role) -> None:
    for status in Status:
        expected = {
            name
            for name, (_, roles, _) in TABLE[status].items()
            if (role in roles or role is accounts.Role.ADMINISTRATOR)
            and name not in {"extend", "suspend"}  # by request only
        }
        assert set(offered(status, role)) == expected


def test_the_table_speaks_of_roles_that_there_are() -> None:
    assert {role for step in LEGAL for role in step.roles} <= set(accounts.Role)


def test_what_ended_goes_on_only_by_being_taken_up_again() -> None:
    for status in set(Status) - set(OPEN):
        assert set(allowed(status)) <= {"revisit", "reopen", "readmit", "split"}


def test_no_case_is_closed_without_a_check_that_has_a_photo() -> None:
    for step in LEGAL:
        if step.to in {Status.CHECKED, Status.CLOSED} and step.name != "revisit":
            assert "photo" in step.needs or step.origin is Status.CHECKED


def test_an_acceptor_files_in_one_step() -> None:
    assert "file" in offered(Status.REPORTED, accounts.Role.ACCEPTOR)


def test_every_open_case_can_get_to_an_end() -> None:
    for status in OPEN:
        reached, new = {status}, {status}
        while new:
            new = {STEPS[name, at].to for at in new for name in allowed(at)} - reached
            reached |= new
        assert reached & {Status.CLOSED, Status.REFUSED}


def test_the_usual_move_is_offered_first() -> None:
    assert [allowed(status)[0] for status in (Status.REPORTED, Status.FILED)] == [
        "file",
        "dispatch",
    ]


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
