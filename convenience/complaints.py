"""What somebody says in a chat of a facility that he was just told of: 「第2个关了」. Plain Python.

Only what points at one (this, that, the second) and says no more than what is wrong with the entry is
taken: a story about a broken door is a report, and is left to whoever takes reports.
"""

import re
from dataclasses import dataclass

from .rules import Wrong, plain

LONGEST = 30  # characters; longer, it is a story
_NUMBERS = {
    word: at
    for at, words in enumerate(("1一头", "2二两", "3三", "4四", "5五"), 1)
    for word in words
}
_WHICH = re.compile(
    r"(?P<number>第?[1-5一二两三四五头](个|家|处|号)|第[1-5一二三四五]|^[1-5](?=[^0-9年月日点号]))"
    r"|(?P<it>[这那](个|家|儿|里|处|边|点)?(?!么|样|条|段|辆|些))|刚才(那个|的)?|刚刚(那个|的)?"
)
_SAID = {
    Wrong.HOURS: r"(开放|营业|开门|关门)?时间(不对|错了?|有误|写错了?)|早就下班|没到点就关",
    Wrong.MOVED: r"搬(走|迁|家)?了?|迁(走|移)了?|换地方了?",
    Wrong.NOT_THERE: r"找不到|没找到|不存在|没有(了|这个?)?|不在(了|这里|这儿)?|没得(了|这个)?|拆了|拆除了?|没了",
    Wrong.CLOSED: r"关(门|闭|停|掉|张)?了|锁(门|着|了|起)?了?|没(有)?开(门|放)?|不开(门|放)?|停用了?|关起的?",
}
# What may stand around it: whom it is about, and how it is said.
_AROUND = re.compile(
    r"公厕|公共|头|厕所|卫生间|洗手间|停车场|停车|车场|洗车(店|场|点)?|岗亭|警务|设施|地方|地点|门|都|已经|早就|现在|根本|"
    r"去看过|我去|到了|去了|上面|您们?|你们|说|的|了|啊|呀|哦|呢|嘛|吧|是|在|有|我|早|也|又|还|就"
)
_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, and with which of those told, counted from 1; None: it is not said."""

    wrong: Wrong
    number: int | None


def complaint_in(text: str) -> Complaint | None:
    """Return what the words say is wrong with an entry; None when they say anything else."""
    if len(text) > LONGEST:
        return None
    bare = _MARKS.sub("", plain(text))
    which = _WHICH.search(bare)
    if which is None:
        return None
    rest = bare[: which.start()] + bare[which.end() :]
    for wrong, words in _SAID.items():
        said = re.search(words, rest)
        if said and not _AROUND.sub("", rest[: said.start()] + rest[said.end() :]):
            return Complaint(wrong, _number(which.group("number")))
    return None


def _number(words: str | None) -> int | None:
    found = [_NUMBERS[sign] for sign in words or "" if sign in _NUMBERS]
    return found[0] if found else None
