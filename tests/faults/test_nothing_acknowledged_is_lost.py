"""Kill -9 at any moment: what a resident was told is there, and goes on, after the next start."""

import os
import re
import signal
import threading
from collections.abc import Iterator

import psutil
import pytest
import requests

from tests.journeys.test_photo_becomes_a_closed_case import TEXT, corner, number_in, reports
from tests.journeys.town import Operator, Town, jpeg, running, until
from tests.phones import Phone

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with running() as started:
        yield started


def break_endpoint(town: Town, endpoint: str, *, times: int = 1000) -> None:
    answer = requests.post(
        f"{town.sim_url}/__sim__/faults",
        json={"endpoint": endpoint, "kind": "busy", "times": times},
        headers={"X-Simulator": "1"},
        timeout=10,
    )
    assert answer.ok, answer.text


def mend_endpoints(town: Town) -> None:
    answer = requests.delete(
        f"{town.sim_url}/__sim__/faults", headers={"X-Simulator": "1"}, timeout=10
    )
    assert answer.ok, answer.text


def freeze(processes: list[psutil.Process]) -> None:
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)


def thaw(processes: list[psutil.Process]) -> None:
    for process in processes:
        os.kill(process.pid, signal.SIGCONT)


def test_everything_killed_and_started_again_goes_on(town: Town):
    phone = Phone.follow(town.sim_url)
    break_endpoint(town, "/cgi-bin/media/get")
    break_endpoint(town, "/cgi-bin/message/custom/send")
    number = reports(phone, photo=jpeg())
    desk = Operator(town)
    case = desk.case_of(number)
    desk.moves(case, "file")
    town.kill_everything()
    assert town.leftovers() == []
    town.start()
    mend_endpoints(town)
    desk = Operator(town)
    assert desk.case_of(number) == case
    assert "立案" in phone.waits_for(number, timeout=90).text
    until(lambda: bool(desk.photos(case)), "the photo to be fetched after all", 90)


@pytest.mark.parametrize("victim", ["gunicorn", "celery.*worker", "postgres"])
def test_a_killed_part_comes_back_and_nothing_is_lost(town: Town, victim: str):
    phone = Phone.follow(town.sim_url)
    number = reports(phone, photo=jpeg("navy"))
    town.kill(victim)
    until(town.is_ready, "the service to be ready again", 60)
    desk = Operator(town)
    case = desk.case_of(number)
    until(lambda: bool(desk.photos(case)), "the photo to be fetched", 90)
    desk.moves(case, "file")
    phone.waits_for("立案", timeout=60)
    phone.says("新问题")  # or the photo would be added to the report just sent
    assert number != reports(phone, photo=jpeg("olive"))


def test_a_delivery_that_timed_out_is_made_three_times_and_is_one_report(town: Town):
    phone = Phone.follow(town.sim_url)
    phone.sends_photo(jpeg()).sends_place(*corner(), "观音桥步行街").says(TEXT)
    workers = [p for p in town._processes() if re.search("gunicorn", " ".join(p.cmdline()))]
    freeze(workers)
    sending = threading.Thread(target=phone.says, args=("1",))
    sending.start()
    sending.join(timeout=7)  # the first delivery has timed out by now, the second is under way
    thaw(workers)
    sending.join(timeout=30)
    assert len(phone.delivery.attempts) > 1
    number = number_in(phone.waits_for("报上去了").text)
    phone.says("进度")
    told = phone.waits_for("您报的问题办到这里").text
    assert re.findall(r"[A-Z]{2}\d{6}-\d{7}", told.partition("http")[0]) == [number]


def test_the_web_server_killed_while_residents_write_loses_no_report(town: Town):
    phones = [Phone.follow(town.sim_url, name=f"居民{n}") for n in range(4)]
    told: dict[str, str] = {}

    def report(phone: Phone) -> None:
        phone.sends_photo(jpeg()).sends_place(*corner(), "观音桥步行街").says(TEXT)
        phone.says("1")

    threads = [threading.Thread(target=report, args=(phone,)) for phone in phones]
    for thread in threads:
        thread.start()
    town.kill("gunicorn")
    until(town.is_ready, "the web server to be back", 60)
    for thread in threads:
        thread.join(timeout=120)
    desk = Operator(town)
    for phone in phones:
        for message in phone.heard():
            if "报上去了" in message.text:
                told[phone.openid] = number_in(message.text)
    assert all(desk.case_of(number) for number in told.values())
    assert len(set(told.values())) == len(told)
