"""Messages are short, whole and free of our jargon."""

import inspect
import re
from collections.abc import Callable
from itertools import combinations

import pytest

from wechat import alarm, offers, wording
from wechat.wording import ProgressLine

LONG = "很长的话" * 500
EMOJI = "👨‍👩‍👧" * 500
URL = "https://chengguan.example.gov.cn/reports/JB261122-4839207?k=" + "k" * 43
NUMBER = "JB261122-4839207"
LINE = ProgressLine(
    report_no=NUMBER, status="已处置待核查", date="2025年11月22日 14:05", url=URL, about=LONG
)
KINDS = ("fire", "gas", "electric", "collapse", "hurt", "crime")

WITHOUT_ARGUMENTS: list[Callable[[], str]] = [
    function
    for _, function in inspect.getmembers(wording, inspect.isfunction)
    if function.__module__ == wording.__name__ and not inspect.signature(function).parameters
]


def messages(words: str) -> list[str]:
    return [
        *(function() for function in WITHOUT_ARGUMENTS),
        wording.got_photo(9),
        wording.photos_full(9),
        wording.got_place(words),
        wording.got_place(None),
        wording.changed_place(words),
        wording.changed_place(None),
        *map(wording.cannot_take, ("voice", "video", "link", "photo", "location", "unknown")),
        wording.ask_place(words),
        wording.ask_place(None),
        wording.ask_place_again(words),
        wording.ask_place_again(None),
        wording.summary(photos=9, place=words, text=words),
        wording.summary(photos=0, place=None, text=None),
        offers.human("023-12345678"),
        alarm.danger(KINDS),
        wording.submitted(report_no=NUMBER, url=URL),
        wording.progress([LINE]),
        wording.progress([LINE] * 50),
        wording.not_yours(words),
        wording.filed(report_no=NUMBER),
        wording.refused(report_no=NUMBER, reason=words),
        wording.dispatched(report_no=NUMBER, body_name=words),
        wording.disposed(report_no=NUMBER, note=words),
        wording.reworked(report_no=NUMBER),
        wording.closed(report_no=NUMBER),
    ]


@pytest.mark.parametrize("words", [LONG, EMOJI, "路灯", "\n\n", "]]>" * 300], ids=lambda w: w[:3])
def test_every_message_fits_the_platform(words: str) -> None:
    for message in messages(words):
        assert 0 < len(message.encode()) <= wording.MAX_BYTES, message


def test_progress_and_a_reminder_fit_one_message() -> None:
    reminder = wording.join(
        wording.unfinished(), wording.summary(photos=9, place="👌" * 300, text="👌" * 300)
    )
    whole = f"{wording.progress([LINE] * 50)}\n\n{reminder}"
    assert len(whole.encode()) <= wording.MAX_BYTES


def test_danger_and_a_summary_fit_one_message() -> None:
    whole = wording.join(
        alarm.danger(KINDS),
        alarm.once_safe(),
        wording.added_text(),
        wording.summary(photos=9, place="👌" * 300, text="👌" * 300),
    )
    assert len(whole.encode()) <= wording.MAX_BYTES


def test_sentences_are_short() -> None:
    for message in messages("建新东路路灯坏了"):
        for sentence in re.split(r"[。！？\n]", message):
            assert len(sentence) <= 60 or sentence.startswith(("看详情", "http")), sentence


def test_lines_can_be_read_at_a_glance() -> None:
    for message in messages("建新东路路灯坏了"):
        assert all(len(line) <= 120 for line in message.splitlines()), message


def test_nobody_needs_to_read_latin_letters() -> None:
    for message in messages("建新东路路灯坏了"):
        plain = message.replace(URL, "").replace(NUMBER, "")
        assert not re.search(r"[A-Za-z]", plain), plain


@pytest.mark.parametrize(
    "message",
    [
        wording.ask_place_again(None),
        wording.ask_place_again("建新东路"),
        wording.ask_problem_again(),
        wording.ask_photo_again(),
        wording.ask_text_again(),
        wording.how_to_submit(),
        wording.how_to_change(),
    ],
)
def test_a_question_asked_again_names_the_way_out(message: str) -> None:
    assert "回复 0" in message


def test_a_question_asked_again_uses_other_words() -> None:
    assert wording.ask_place(None) != wording.ask_place_again(None)
    assert wording.ask_place("建新东路") != wording.ask_place_again("建新东路")
    assert wording.ask_problem() != wording.ask_problem_again()
    assert wording.ask_photo() != wording.ask_photo_again()
    assert wording.ask_text() != wording.ask_text_again()


def test_what_one_wrote_is_shown_on_one_line() -> None:
    assert wording.brief(" 路灯\n坏了 ", 30) == "路灯 坏了"
    assert wording.brief("一二三四五", 4) == "一二三…"


def test_a_summary_shows_what_there_is() -> None:
    assert wording.summary(photos=2, place="建新东路", text="路灯不亮").splitlines() == [
        "请您看一遍：",
        "照片：2 张",
        "地点：建新东路",
        "问题：路灯不亮",
        "回复 1 提交，回复 0 取消。要补充，直接发来。",
    ]
    bare = wording.summary(photos=1, place=None, text=None)
    assert "问题" not in bare
    assert "地点：您发的位置" in bare


def test_each_danger_has_its_own_number() -> None:
    for kind, number in zip(KINDS, ("119", "119", "95598", "119", "120", "110"), strict=True):
        assert number in alarm.danger([kind])
    for one, other in combinations(KINDS, 2):
        both = alarm.danger([one, other])
        assert both.count("先顾安全") == 1
        assert len(both) > max(len(alarm.danger([one])), len(alarm.danger([other])))


def test_progress_lists_each_report_with_status_date_and_link() -> None:
    lines = [
        ProgressLine(report_no="JB261122-0000001", status="处置中", date="今天 14:05", url=URL),
        ProgressLine(
            report_no="JB261121-0000002", status="已办结", date="昨天 09:30", about="路灯不亮"
        ),
    ]
    assert wording.progress(lines) == (
        "您最近报的 2 个问题：\n\n"
        f"【处置中】今天 14:05报的\n编号：JB261122-0000001\n{URL}\n\n"
        "【已办结】昨天 09:30报的，路灯不亮\n编号：JB261121-0000002"
    )


def test_notices_end_their_sentences() -> None:
    assert "原因：不归我们管。有疑问" in wording.refused(report_no=NUMBER, reason="不归我们管。")
    assert "原因：不归我们管。有疑问" in wording.refused(report_no=NUMBER, reason="不归我们管")
    assert "没能受理。有疑问" in wording.refused(report_no=NUMBER, reason=" ")
    assert "处理过了：换了灯泡。" in wording.disposed(report_no=NUMBER, note="换了灯泡")
    assert "处理过了。" in wording.disposed(report_no=NUMBER, note="")
    assert "交给负责的单位去办" in wording.dispatched(report_no=NUMBER, body_name="")
