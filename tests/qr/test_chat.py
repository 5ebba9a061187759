"""A sign in the chat: by a parametric code, by the scanner of the menu, by its code."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from qr import pretty
from tests.convenience.places import a_facility
from tests.qr.signs import Planted, a_sign, do
from wechat import inbound, signs
from wechat.handlers import House, handle
from wechat.replies import TextReply

HOME = "http://city.test"
HOUSE = House(
    report_prefix="JB",
    hotline="12319",
    public_url=HOME,
    district_name="重庆市江北区",
    location_datum="gcj02",
)
HEADER: dict[str, Any] = {
    "to_user": "gh_1",
    "openid": "o" * 28,
    "created_at": 1,
    "key": "k",
    "raw": "",
}


@pytest.fixture
def sign(session: Session) -> Planted:
    a_facility(session, "步行街公厕", hours="24/7")
    a_facility(session, "天街停车场", kind="parking", north_m=-80, hours="24/7")
    return a_sign(session)


def messages(sign: Planted) -> list[inbound.Inbound]:
    def scan(result: str, button: str = signs.BUTTON) -> inbound.Inbound:
        return inbound.CodeScanned(
            button=button, scan_type="qrcode", result=result, is_waiting=True, **HEADER
        )

    return [
        inbound.Scanned(scene=f"sign:{sign.code}", **HEADER),
        inbound.Scanned(scene=sign.code, **HEADER),
        inbound.Followed(scene=f"sign:{sign.code}", **HEADER),
        inbound.Text(content=pretty(sign.code).lower(), **HEADER),
        scan(f"{HOME}/s/{sign.code}"),
        scan(f"{HOME}/s/{sign.code}?from=x", button="OTHER"),
    ]


def test_every_way_ends_at_the_same_answer(session: Session, sign: Planted) -> None:
    answers = {signs.answer(message, HOME) for message in messages(sign)}

    assert len(answers) == 1
    told = answers.pop()
    assert told
    for words in (
        "观音桥步行街路口",
        sign.number,
        "步行街公厕，往北 100 米",
        "天街停车场，往南 80 米",
        f"{HOME}/s/{sign.code}\n",
        f"{HOME}/s/{sign.code}/report",
    ):
        assert words in told
    assert len(told.encode()) < 2048
    assert session.scalar(text("SELECT sum(scans) FROM qr_scans WHERE client = 'wechat'")) == 6


def test_the_door_answers_so(session: Session, sign: Planted) -> None:
    reply = handle(session, messages(sign)[0], HOUSE)
    assert isinstance(reply, TextReply)
    assert "观音桥步行街路口" in reply.content


def test_a_retired_sign_points_to_the_nearest(session: Session, sign: Planted) -> None:
    near = a_sign(session, "隔壁路口", north_m=90)
    do(session, sign.plate_id, "retire")
    told = signs.answer(messages(sign)[0], HOME)
    assert told
    assert "已经停用" in told
    assert f"{HOME}/s/{near.code}" in told


def test_a_foreign_code_is_warned_of_and_words_are_left_to_the_conversation(
    session: Session, sign: Planted
) -> None:
    foreign = inbound.CodeScanned(
        button=signs.BUTTON,
        scan_type="qrcode",
        result="https://evil.example/s/4F7K2QX9",
        is_waiting=True,
        **HEADER,
    )
    assert "不是本区的标牌" in (signs.answer(foreign, HOME) or "")
    for words in ("路灯不亮", "12345678", "", "x" * 3000, "/s/", "sign:"):
        assert signs.answer(inbound.Text(content=words, **HEADER), HOME) is None
    assert signs.answer(inbound.Followed(scene=None, **HEADER), HOME) is None
    assert signs.answer(inbound.Followed(scene="other", **HEADER), HOME) is None
