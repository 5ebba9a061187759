"""Every sentence that the chat says.

For people who are old, in a hurry and have one hand free: short, kind, in plain words, and always with
what to do next. 1 always means "go on", 0 always means "give up". A message fits the platform's
limit of 2048 bytes whatever is put into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES: Final = 2048
_SHORT = 30  # characters of a place or a body inside a sentence
_LINE = 80  # characters of a resident's or an operator's own words
_LISTED = 5  # reports in one answer
_PROGRESS_BYTES = 1100  # a reminder of an unfinished report may follow in the same message


def join(*lines: str | None) -> str:
    return "\n".join(line for line in lines if line)


def brief(text: str, limit: int) -> str:
    """Cut people's own words to one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


# Beginning.


def welcome() -> str:
    return (
        "您好，这里是百姓城管。路灯不亮、井盖坏了、垃圾没人收，拍张照片发来，我们去办。\n"
        "想看办得怎么样，回「进度」；不会用，回「帮助」。"
    )


def greeting() -> str:
    return "您好！"


def how_to_begin() -> str:
    return "有什么问题，拍张照片发来，或者写一句话，比如「建新东路路灯不亮」。不会用，回「帮助」。"


def begin() -> str:
    return "好，您说。拍张照片发来；不方便拍，就写一句话，比如「建新东路路灯不亮」。"


def usage() -> str:
    return (
        "报问题就三步：\n"
        "一、拍张照片发来，或者写一句话\n"
        "二、发个位置，或者写清楚在哪里\n"
        "三、看一遍，回复 1 提交\n"
        "不想报了，回复 0。看办得怎么样，回「进度」。想找人说，回「人工」。\n"
        "找厕所、停车场，直接写「附近厕所」「哪里能停车」。看积分，回「积分」。"
    )


def how_to_place() -> str:
    return (
        "发位置：先点左下角小键盘，再点右下角「＋」，选「位置」，最后点「发送」。\n"
        "嫌麻烦就写路名、小区名，一样的。"
    )


# What has come in.


def got_photo(count: int) -> str:
    return "照片收到了。" if count == 1 else f"照片收到了，一共 {count} 张。"


def photos_full(most: int) -> str:
    return f"照片有 {most} 张了，够用了，这一张就不加了。"


def got_recording(kind: str) -> str:
    return "语音收到了，会一起报上去。" if kind == "voice" else "视频收到了，会一起报上去。"


def recordings_full(most: int) -> str:
    return f"语音和视频有 {most} 条了，够用了，这一条就不加了。"


def got_place(label: str | None) -> str:
    return f"地点记下了：{brief(label, _SHORT)}。" if label else "位置收到了。"


def changed_place(label: str | None) -> str:
    return f"地点改成了：{brief(label, _SHORT)}。" if label else "位置换成新的了。"


def added_place() -> str:
    return "地点补上了。"


def place_unreadable() -> str:
    return "这个位置没收全，请再发一次，或者直接写在哪里。"


def got_text() -> str:
    return "记下了。"


def added_text() -> str:
    return "这句也加上了。"


def changed_text() -> str:
    return "改好了。"


def text_cut() -> str:
    return "话太长了，只记下了前面的。"


def cannot_take(kind: str) -> str:
    return _CANNOT_TAKE.get(kind, "收到了，不过这里只看得懂照片、位置、语音和文字。")


_CANNOT_TAKE: Final = {
    "voice": "这条语音没收全，请再说一次，或者打字。",
    "video": "这个视频没收全，请再发一次，或者发照片。",
    "link": "链接收到了，不过这里打不开，请发照片或者打字。",
    "photo": "这张照片没收全，请再发一次。",
    "location": place_unreadable(),
}


# What is asked. Each question has a second form, for an answer that was not understood.


def ask_place(guess: str | None) -> str:
    if guess:
        return f"是在「{brief(guess, _SHORT)}」吗？是就回复 1。不是，就发个位置，或者写清楚在哪里。"
    return "在哪里呢？点「＋」发个「位置」最准，直接写也行，比如「建新东路36号门口」。"


def ask_place_again(guess: str | None) -> str:
    if guess:
        return (
            f"还差地点。是「{brief(guess, _SHORT)}」就回复 1；不是，就写「地点」再加路名或者小区名。"
            "不报了回复 0。"
        )
    return "还差地点，不然我们找不到。写路名、小区或者旁边的店，比如「地点 观音桥步行街口」。不报了回复 0。"


def ask_problem() -> str:
    return "那里怎么了？拍张照片发来，或者写一句话，比如「井盖坏了」。"


def ask_problem_again() -> str:
    return "还差一张照片或者一句话，有一样就行，比如写「井盖坏了」。不报了回复 0。"


def ask_photo() -> str:
    return "方便就拍张照片发来，看得更清楚。没有照片，回复 1。"


def ask_photo_again() -> str:
    return "不急，等您的照片。没有照片，回复 1；不报了，回复 0。"


def ask_text() -> str:
    return "再写一句是什么问题，比如「路灯不亮」。不想写，回复 1。"


def ask_text_again() -> str:
    return "不急，等您写一句是什么问题。不想写，回复 1；不报了，回复 0。"


def summary(
    *,
    photos: int,
    place: str | None,
    text: str | None,
    recordings: int = 0,
    choices: Sequence[str] = (),
) -> str:
    return join(
        "请您看一遍：",
        f"照片：{photos} 张" if photos else None,
        f"语音和视频：{recordings} 条" if recordings else None,
        f"地点：{brief(place, _LINE) if place else '您发的位置'}",
        f"问题：{brief(text, _LINE)}" if text else None,
        "回复 1 提交，回复 0 取消。要补充，直接发来。",
        _choices(choices),
    )


def _choices(names: Sequence[str]) -> str | None:
    """Name the classes; a number sends the report, as 1 does, and tells the class with it."""
    if not names:
        return None
    listed = "，".join(f"{number} {name}" for number, name in enumerate(names, 2))
    return f"您要是晓得是哪一类，就不回 1，回它的数字，一样提交：{listed}。都不是就回 1。"


def choices_head() -> str:
    return "是这一类吗？点一下就提交："


def choices_tail() -> str:
    return "不点也行，回复 1 提交。"


def none_of_them() -> str:
    return "都不是，直接提交"


def noted_class() -> str:
    return "类别记下了。"


def choice_gone() -> str:
    return "这几个选项是给上一件的，现在用不上了。"


def how_to_submit() -> str:
    return "就差一步了：回复 1 提交，回复 0 取消。要补充，直接发来。"


def how_to_change() -> str:
    return (
        "哪里不对改哪里：地点不对，再发个位置；话写错了，写「改成」再加对的话；照片不对，回「照片不对」。\n"
        "都对了，回复 1 提交，回复 0 取消。"
    )


# Words on the way.


def unfinished() -> str:
    return "您刚才的问题还没报完，不要了回复 0。"


def forgotten() -> str:
    return "好，刚才那个不算。"


def cancelled() -> str:
    return "好，这次不报了，刚才的内容都删了。以后看到问题，随时发照片来。"


def nothing_to_cancel() -> str:
    return "您现在没有正在报的问题，不用取消。报过的，回「进度」就能看到。"


def nothing_to_confirm() -> str:
    return "好的。要报新问题，拍张照片发来就行；看报过的，回「进度」。"


def begun_again() -> str:
    return "好，刚才的不要了，我们重新来。拍张照片发来，或者写一句是什么问题。"


def no_hurry() -> str:
    return "不急，您慢慢来。"


def come_again() -> str:
    return "好的，有事随时发照片来。"


def you_are_welcome() -> str:
    return "不客气，谢谢您为大家留心。看到问题，随时发照片来。"


# After a report was sent.


def added_to(*, report_no: str, what: str) -> str:
    return f"{what}加到您刚报的 {report_no} 里了。要报别的问题，回「新问题」。"


def took_photos_along(count: int) -> str:
    return f"刚才的 {count} 张照片算到新问题里了。"


def class_noted(*, report_no: str) -> str:
    return f"好，{report_no} 的类别记下了。"


def unknown_button() -> str:
    return "这个按钮还没有开通。"


# What became of it.


def submitted(*, report_no: str, url: str, agree_url: str | None = None) -> str:
    return join(
        "报上去了，谢谢您！",
        f"编号：{report_no}",
        "有进展会在这里告诉您，随时回「进度」也能看。",
        f"看详情：{url}",
        f"想收到结果通知，点这里同意：{agree_url}" if agree_url else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressLine:
    """One report in the answer to 「进度」; `status` and `date` are Chinese words."""

    report_no: str
    status: str
    date: str
    url: str | None = None
    about: str | None = None  # the resident's own words, to tell his reports apart


def progress(items: Sequence[ProgressLine]) -> str:
    """Tell of the first reports given, as many as fit beside what the conversation adds."""
    told: list[str] = []
    room = _PROGRESS_BYTES
    for item in items[:_LISTED]:
        line = _progress_line(item)
        room -= len(line.encode())
        if room < 0:
            break
        told.append(line)
    head = "您报的问题办到这里：" if len(items) == 1 else f"您最近报的 {len(told)} 个问题："
    return "\n\n".join([head, *told])


def _progress_line(item: ProgressLine) -> str:
    about = f"，{brief(item.about, _SHORT)}" if item.about else ""
    return join(f"【{item.status}】{item.date}报的{about}", f"编号：{item.report_no}", item.url)


def no_reports_yet() -> str:
    return "您还没有报过问题。看到问题，拍张照片发来就行。"


def not_yours(report_no: str) -> str:
    return (
        f"您报过的问题里没有 {brief(report_no, _SHORT)} 这个编号，请对一对。"
        "直接回「进度」，就能看到您报过的。"
    )


def filed(*, report_no: str) -> str:
    return f"您报的问题（{report_no}）已经立案，接下来会派人去办。"


def refused(*, report_no: str, reason: str) -> str:
    why = _closing(f"原因：{brief(reason, _LINE)}") if reason.strip() else ""
    return f"对不起，您报的问题（{report_no}）没能受理。{why}有疑问请打 12345。"


def dispatched(*, report_no: str, body_name: str) -> str:
    body = brief(body_name, _SHORT) if body_name.strip() else "负责的单位"
    return f"您报的问题（{report_no}）已经交给{body}去办，办好了告诉您。"


def disposed(*, report_no: str, note: str) -> str:
    what = _closing(f"：{brief(note, _LINE)}") if note.strip() else "。"
    return f"您报的问题（{report_no}）现场处理过了{what}我们再去核查一遍。"


def reworked(*, report_no: str) -> str:
    return f"您报的问题（{report_no}）核查没通过，已经要求重新处理，办好了告诉您。"


def closed(*, report_no: str) -> str:
    return f"您报的问题（{report_no}）办结了，谢谢您！要是还没弄好，再拍张照片发来。"


def _closing(sentence: str) -> str:
    return sentence if sentence.endswith(("。", "！", "？", "…")) else f"{sentence}。"


# When our side has trouble.


def photo_unusable() -> str:
    return "有一张照片打不开，没能用上。照片要紧的话，请重新拍一张，再报一次。"


def later() -> str:
    return "收到了，正在处理，稍后答复您。"


def failed() -> str:
    return "真对不起，我们这边出了点毛病。您发的已经留着了，过几分钟请再发一次。急事请打 12345。"
