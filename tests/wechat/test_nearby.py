"""Looking for facilities in the chat: from the message to the answer that is sent."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases.models import Case
from geo import datums
from tests.convenience.conftest import fresh  # noqa: F401  # the fixture
from tests.convenience.places import HERE, a_facility
from tests.pages import page_of
from tests.wechat.messages import HOUSE, click, photo, place, text
from wechat import service, wording
from wechat.inbound import Inbound
from wechat.models import Talk
from wechat.replies import Reply, Silence, TextReply

pytestmark = pytest.mark.usefixtures("sessions", "fresh")
AT_HERE = datums.wgs84_to_gcj02(*HERE)


def say(*messages: Inbound) -> str:
    reply: Reply = Silence()
    for message in messages:
        reply = service.accept(message, HOUSE)
    assert isinstance(reply, TextReply)
    assert len(reply.content.encode()) <= wording.MAX_BYTES
    return reply.content


def link_in(answer: str) -> str:
    return next(word for word in answer.split("：") if word.startswith("http"))


def test_a_wish_and_a_place_get_the_nearest_open_ones_and_a_page(
    session: Session, client: FlaskClient
) -> None:
    a_facility(session, "关门公厕", north_m=20, hours="Jan 1 off")
    for number, north in enumerate((700, 120, 350, 900)):
        a_facility(session, f"第{number}公厕", north_m=north, hours="24/7")
    assert "位置" in say(text("附近厕所"))
    answer = say(place(*AT_HERE))
    assert "离您最近的公厕" in answer
    order = [answer.index(f"第{number}公厕") for number in (1, 2, 0)]
    assert order == sorted(order)
    assert "往北 120 米，步行约 2 分钟，24 小时开放" in answer
    assert "关门" not in answer
    assert "第3" not in answer
    address = urlsplit(link_in(answer))
    assert address.path == "/nearby/toilet"
    assert page_of(client.get(f"{address.path}?{address.query}")).headings[1] == "1关门公厕"


def test_one_message_is_enough_when_it_says_where(session: Session) -> None:
    a_facility(session, "观音桥步行街公厕", hours="24/7")
    answer = say(text("观音桥附近哪里有厕所"))
    assert "「观音桥」一带的公厕" in answer
    assert "1. 观音桥步行街公厕" in answer
    assert parse_qs(urlsplit(link_in(answer)).query) == {"q": ["观音桥"]}


def test_a_place_that_nobody_knows_is_asked_for_again(session: Session) -> None:
    a_facility(session, "北仓停车场", kind="parking", hours="24/7")
    assert "没找到「火星」这个地方" in say(text("哪里能停车"), text("火星"))
    assert "北仓停车场" in say(place(*AT_HERE))


def test_where_somebody_looked_from_is_kept_nowhere(session: Session) -> None:
    a_facility(session)
    say(text("附近厕所"), place(*AT_HERE))
    assert session.scalars(select(Talk.draft)).one() is None
    assert session.scalars(select(Case)).all() == []


def test_a_wish_is_forgotten_before_the_next_report(session: Session) -> None:
    a_facility(session)
    say(text("附近厕所"))
    session.execute(update(Talk).values(updated_at=Talk.updated_at - timedelta(hours=1)))
    session.commit()
    assert "那里怎么了" in say(place(*AT_HERE))


def test_a_report_goes_on_after_the_answer(session: Session) -> None:
    a_facility(session, hours="24/7")
    answer = say(photo(), place(*AT_HERE), text("哪里有厕所"))
    assert "观音桥步行街公厕" in answer
    assert "没报完" in answer
    say(text("井盖坏了"), text("1"))
    assert session.scalars(select(Case)).one().text == "井盖坏了"


def test_nothing_of_a_kind_is_said_with_a_way_on(session: Session) -> None:
    answer = say(text("附近岗亭"), place(*AT_HERE))
    assert "没有查到治安岗亭" in answer
    assert "http://city.test/nearby/police_kiosk" in answer


def test_from_far_away_the_answer_says_so(session: Session) -> None:
    a_facility(session, hours="24/7")
    answer = say(text("附近厕所"), place(31.23, 121.47))
    assert "您的位置在重庆市江北区以外约 14" in answer


def test_a_button_asks_for_the_place(session: Session) -> None:
    assert "找停车场" in say(click("NEARBY_PARKING"))
