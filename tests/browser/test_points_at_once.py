"""The redeeming door with many at it at the same moment: real commits, real threads."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests
from sqlalchemy import text

import accounts
import points
from tests.browser.conftest import House
from tests.points.mall import an_item, rich_citizen

HANDS = 6


class Resident:
    """A resident's browser, without a window."""

    def __init__(self, house: House, citizen_id: int, item_id: int) -> None:
        with house.sessions.begin() as session:
            token = accounts.open_citizen_session(session, citizen_id)
        port = house.url.rpartition(":")[2]
        self.url, self.site = house.url, house.mall.site if house.mall else 0
        self.session = requests.Session()
        self.session.cookies.set(f"bx_me_{port}", token)
        path = f"/points/mall/{item_id}/confirm?site_id={self.site}"
        page = self.session.get(house.url + path, timeout=20).text
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
        self.form = dict(fields)

    def press(self, at_once: Barrier) -> requests.Response:
        at_once.wait(timeout=20)
        return requests.post(
            f"{self.url}/points/redemptions",
            data=self.form,
            cookies=self.session.cookies,
            allow_redirects=False,
            timeout=20,
        )


def pressed(residents: list[Resident]) -> list[requests.Response]:
    at_once = Barrier(len(residents))
    with ThreadPoolExecutor(len(residents)) as hands:
        return list(hands.map(lambda each: each.press(at_once), residents))


@pytest.fixture
def offered(house: House) -> int:
    assert house.mall
    with house.sessions.begin() as session:
        return an_item(session, name="最后一件", site_id=house.mall.site, stock=1)


pytestmark = pytest.mark.browser  # the service that the browser tests run


def test_one_form_sent_by_six_hands_is_one_redemption(house: House, offered: int) -> None:
    with house.sessions.begin() as session:
        citizen_id = rich_citizen(session)
    answers = pressed([Resident(house, citizen_id, offered)] * HANDS)
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    with house.sessions() as session:
        balance = points.balance(session, citizen_id)
    assert (balance.usable, balance.held) == (900, 100)


def test_the_last_one_goes_to_one_of_six(house: House, offered: int) -> None:
    with house.sessions.begin() as session:
        people = [rich_citizen(session) for _ in range(HANDS)]
    answers = pressed([Resident(house, each, offered) for each in people])
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * (HANDS - 1)
    assert all("已经兑完了" in each.text for each in answers if each.status_code == 409)
    with house.sessions() as session:
        held = [points.balance(session, each).held for each in people]
        count = session.execute(
            text("SELECT count(*) FROM points_redemptions WHERE item_id = :item"), {"item": offered}
        ).scalar_one()
    assert sorted(held) == [0] * (HANDS - 1) + [100]
    assert count == 1


def test_one_wallet_pressed_by_six_forms_pays_for_what_it_has(house: House) -> None:
    assert house.mall
    with house.sessions.begin() as session:
        citizen_id = rich_citizen(session, 250)
        item_id = an_item(session, name="很多件", site_id=house.mall.site, stock=20)
    residents = [Resident(house, citizen_id, item_id) for _ in range(HANDS)]
    assert len({each.form["request_key"] for each in residents}) == HANDS
    answers = pressed(residents)
    assert sorted(answer.status_code for answer in answers) == [303] * 2 + [409] * 4
    with house.sessions() as session:
        balance = points.balance(session, citizen_id)
    assert (balance.usable, balance.held) == (50, 200)
