"""Names and passwords that the desk takes, and those it does not."""

import pytest

from accounts import WeakPassword
from accounts.errors import BadUsername
from accounts.rules import ROLE_WORDS, Role, check_password, check_username


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("li.na", "li.na"),
        ("Li.Na", "li.na"),
        ("  li-na \n", "li-na"),
        ("9527", "9527"),
        ("a" * 32, "a" * 32),
        ("ab", "ab"),
    ],
)
def test_a_username_has_one_form(typed: str, kept: str) -> None:
    assert check_username(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "a",
        "a" * 33,
        ".lina",
        "-lina",
        "li na",
        "li_na",
        "li\0na",
        "李娜",
        "lína",
        "li/na",
        "lina@example",
        "li\nna",
    ],
)
def test_any_other_username_is_refused(typed: str) -> None:
    with pytest.raises(BadUsername):
        check_username(typed)


@pytest.mark.parametrize("password", ["1234567890", "一二三四五六七八九十", " " * 10, "x" * 256])
def test_a_password_of_ten_characters_is_long_enough(password: str) -> None:
    assert check_password(password) == password


@pytest.mark.parametrize("password", ["", "123456789", "一二三四五六七八九", "x" * 257])
def test_a_shorter_password_or_a_book_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password)


def test_every_role_has_a_chinese_name() -> None:
    assert set(ROLE_WORDS) == set(Role)
    assert len(set(ROLE_WORDS.values())) == len(Role)
