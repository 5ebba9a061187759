"""Codes: what a person may type, and which slips the check character notices."""

import unicodedata
from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qr.codes import ALPHABET, LENGTH, check_character, is_code, new_code, pretty, tidy_code

codes = st.builds(new_code, st.randoms(use_true_random=False))


def test_the_alphabet_is_crockfords():
    assert len(set(ALPHABET)) == 32
    assert set("ILOU").isdisjoint(ALPHABET)


def test_the_law_holds_for_all_triples():
    """Asked of everything there is: what the promises below follow from for any length."""
    assert {check_character(one) for one in ALPHABET} == set(ALPHABET)
    for first, second in product(ALPHABET, repeat=2):
        assert len({check_character(first + one) for one in ALPHABET}) == 32
        for third in ALPHABET:
            if second != third:
                one_way = check_character(first + second + third)
                assert one_way != check_character(first + third + second)


def test_the_check_character_of_a_body_never_changes():
    """Plates are for ever; another rule would make those outside invalid."""
    bodies = ("0000000", "4F7K2QX", "ZZZZZZZ", "1234567")
    assert [check_character(body) for body in bodies] == ["0", "9", "C", "Y"]


@settings(deadline=None)
@given(codes)
def test_every_new_code_is_valid_and_tidy(code: str):
    assert len(code) == LENGTH
    assert is_code(code)
    assert tidy_code(code) == code


@settings(max_examples=20, deadline=None)
@given(codes)
def test_every_single_wrong_character_is_noticed(code: str):
    for at, letter in product(range(LENGTH), ALPHABET):
        if code[at] != letter:
            assert tidy_code(code[:at] + letter + code[at + 1 :]) is None


@settings(max_examples=20, deadline=None)
@given(codes)
def test_every_swap_of_neighbours_and_over_one_is_noticed(code: str):
    for gap in (1, 2):
        for at in range(LENGTH - gap):
            swapped = list(code)
            swapped[at], swapped[at + gap] = swapped[at + gap], swapped[at]
            if swapped != list(code):
                assert tidy_code("".join(swapped)) is None


def test_all_characters_are_drawn_and_the_bits_are_used():
    random = Random(7)
    drawn = [new_code(random) for _ in range(2_000)]

    assert len(set(drawn)) == len(drawn)
    for at in range(LENGTH):
        seen = Counter(code[at] for code in drawn)
        assert len(seen) == 32
        assert max(seen.values()) < 110  # 62.5 each on the average


@settings(deadline=None)
@given(codes, st.sampled_from(["-", " ", "–", "—", "－", "‐", "−", "·", "\u3000", "\n", "", "--"]))
def test_case_and_separators_are_forgiven(code: str, separator: str):
    typed = f" {code[:4].lower()}{separator}{code[4:]} "
    assert tidy_code(typed) == code


@settings(deadline=None)
@given(codes)
def test_full_width_letters_are_forgiven(code: str):
    wide = "".join(chr(ord(letter) - 0x21 + 0xFF01) for letter in code)
    assert unicodedata.normalize("NFKC", wide) == code
    assert tidy_code(wide.lower()) == code


@settings(deadline=None)
@given(codes)
def test_letters_that_look_like_digits_are_read_as_these(code: str):
    for looks in ("IO", "LO", "io", "lo"):
        assert tidy_code(code.translate(str.maketrans("10", looks))) == code


@settings(deadline=None)
@given(codes)
def test_what_is_printed_in_two_groups_is_the_code(code: str):
    assert len(pretty(code)) == LENGTH + 1
    assert tidy_code(pretty(code)) == code


@pytest.mark.parametrize(
    "typed",
    [
        *("", "-", "4F7K2QX", "4F7K2QX99", "4F7K2QXU", "4F7K2QX停", "ßßßß", "ßßßßßßßß"),
        *("4F7K2QX9\x00", "4F7K\u202e2QX9", "%34F7K2QX9", "4F7K/2QX9", "\ud8004F7K2QX9"),
        "0" * 100_000,
    ],
)
def test_what_cannot_be_a_code_is_none(typed: str):
    assert tidy_code(typed) is None


@settings(deadline=None)
@given(st.text())
def test_any_text_is_answered(typed: str):
    code = tidy_code(typed)
    assert code is None or is_code(code)
