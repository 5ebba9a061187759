"""The address is checked before anything is printed, and a refusal says what to shorten."""

import pytest

from qr.printing import BadAddress, BadSpec, Level, level_for, printed_url
from tests.qr.printing.batches import spec


@pytest.mark.parametrize(
    ("public_url", "level"),
    [
        ("https://q.cn", "H"),  # 23 characters with /s/ and the code
        ("https://ab.cn", "H"),  # 24
        ("https://abc.cn", "Q"),  # 25
        ("https://q.example.cn", "Q"),  # 31
        ("http://127.0.0.1:8000", "Q"),  # 32
        ("https://q.putuo.gov.cn", "M"),  # 33
        ("https://" + "a" * 20 + ".cn", "M"),  # 41
    ],
)
def test_an_address_gets_the_strongest_correction_that_holds_it(public_url: str, level: Level):
    assert level_for(public_url) == level


def test_an_address_that_is_too_long_is_refused_and_told_by_how_much():
    with pytest.raises(BadAddress, match=r"46 个字符.*最多 42 个.*缩短 4 个字符"):
        level_for("https://" + "a" * 24 + ".cn")


def test_a_wish_for_a_level_that_does_not_fit_names_those_that_do():
    with pytest.raises(
        BadAddress, match=r"31 个字符，H 级.*最多 24 个.*缩短 7 个.*改用 Q 级.*M 级"
    ):
        level_for("https://q.example.cn", "H")
    assert level_for("https://q.example.cn", "M") == "M"


@pytest.mark.parametrize(
    "public_url",
    [
        *("https://城管.cn", "http://q.cn", "ftp://q.cn", "q.cn", "https://", "", "//q.cn"),
        *("https://q.cn?a=1", "https://q.cn/#a", "https://a@q.cn", "https://q. cn"),
        *("https://q.cn\n", "https://[q.cn", "https://q.cn:http", "javascript:alert(1)"),
        "http://127.0.0.1.example.cn",
    ],
)
def test_an_address_that_no_plate_should_carry_is_refused(public_url: str):
    with pytest.raises(BadAddress):
        level_for(public_url)


def test_a_path_may_stand_before_the_code():
    assert printed_url("https://q.cn/jb/", "4F7K2QX9") == "https://q.cn/jb/s/4F7K2QX9"
    assert level_for("https://q.cn/jb") == "Q"


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": ""},
        {"batch": "../x"},
        {"batch": "一"},
        {"batch": "a" * 41},
        {"hotline": "随便"},
        {"hotline": "1" * 99},
    ],
)
def test_a_batch_needs_a_plain_name_and_a_telephone_number(wrong: dict[str, str]):
    with pytest.raises(BadSpec):
        spec(**wrong)
