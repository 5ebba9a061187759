"""Links in texts, as a phone finds them."""

import pytest

from simulator.linkify import links, segments


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("没有网址", []),
        ("看 http://127.0.0.1:8000/r/JB1?k=a-b_c。谢谢", ["http://127.0.0.1:8000/r/JB1?k=a-b_c"]),
        ("（https://a.cn/x）", ["https://a.cn/x"]),
        ("https://a.cn/x, https://b.cn.", ["https://a.cn/x", "https://b.cn"]),
        ("见https://a.cn/路径", ["https://a.cn/"]),
        ('<a href="https://a.cn/?x=1&amp;y=2">进度</a>', ["https://a.cn/?x=1&y=2"]),
        ("<a href='javascript:alert(1)'>x</a>", []),
        ("ftp://a.cn", []),
    ],
)
def test_addresses_end_where_the_sentence_goes_on(text: str, found: list[str]) -> None:
    assert links(text) == found


def test_the_pieces_make_up_the_text() -> None:
    text = "先 https://a.cn/x。再 https://b.cn！"
    assert "".join(piece["text"] for piece in segments(text)) == text


def test_a_menu_link_says_something_when_it_is_tapped() -> None:
    text = '<a href="weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=7">很好</a>'
    assert segments(text) == [{"text": "很好", "says": "满意", "menu_id": "7"}]
