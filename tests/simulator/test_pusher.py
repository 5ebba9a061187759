"""Deliveries: three at most, five seconds each (here a quarter), in order for each phone."""

import socket
import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from simulator.config import Config
from simulator.envelope import HONEST, Mode
from simulator.phone import Phones, Sent
from simulator.pusher import FAULT_SENTENCE, Outcome
from simulator.world import World
from simulator.xmltext import read

from .account import CIPHER, Account, Received, Reply, envelope, passive, text

WAIT_S = 10


def follower(world: World) -> str:
    openid = world.users.create(None).openid
    world.users.follow(openid, None)
    return openid


def outcome(sent: Sent) -> Outcome:
    return sent.outcome.result(WAIT_S)


def said(world: World, words: str = "你好") -> Outcome:
    return outcome(Phones(world).say(follower(world), words))


def notices(world: World) -> list[object]:
    (user, *_) = world.users.all()
    return [each["text"] for each in world.chat.screen(user.openid) if each["sender"] != "resident"]


def echo(received: Received) -> bytes:
    return passive(received, text("您说：" + received.message.leaf("Content")))


def test_a_reply_appears_on_the_phone(world: World, account: Account) -> None:
    account.answers = echo
    assert said(world).verdict.ruling == "shown"
    assert notices(world) == ["您说：你好"]
    assert len(account.received) == 1


def test_the_query_bears_what_the_platform_sends(world: World, account: Account) -> None:
    said(world)
    assert set(account.received[0].query) == {
        "signature", "timestamp", "nonce", "openid", "encrypt_type", "msg_signature",
    }  # fmt: skip
    assert account.received[0].parameter("encrypt_type") == "aes"
    assert account.received[0].parameter("openid") == world.users.all()[0].openid


def test_silence_leaves_the_screen_as_it_was(world: World, account: Account) -> None:
    assert said(world).verdict.ruling == "silent"
    assert notices(world) == []


def test_a_slow_account_gets_the_message_three_times_and_the_phone_a_notice(
    world: World, account: Account
) -> None:
    def slow(_received: Received) -> bytes:
        account.is_over.wait(WAIT_S)
        return b"success"

    account.answers = slow
    result = said(world)
    assert [attempt.verdict.reason for attempt in result.attempts] == ["timeout"] * 3
    assert notices(world) == [FAULT_SENTENCE]
    starts = [received.at for received in account.received]
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(starts))


def test_an_answer_that_drips_is_cut_off_at_the_same_deadline(config: Config) -> None:
    """A read that returns a byte now and then must not begin the deadline anew."""
    listener = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def drip() -> None:
        while not is_over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
                    while not is_over.wait(0.02):
                        connection.sendall(b"x")
                except OSError:
                    continue

    thread = threading.Thread(target=drip)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/wechat"
    world = World(replace(config, callback_url=url))
    try:
        result = said(world)
        assert [attempt.verdict.reason for attempt in result.attempts] == ["timeout"] * 3
        assert all(attempt.ms < 1000 for attempt in result.attempts)
    finally:
        is_over.set()
        world.close()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_an_answer_to_the_second_delivery_is_enough(world: World, account: Account) -> None:
    def slow_at_first(received: Received) -> bytes:
        if len(account.received) == 1:
            account.is_over.wait(WAIT_S)
        return echo(received)

    account.answers = slow_at_first
    result = said(world)
    assert [attempt.verdict.ruling for attempt in result.attempts] == ["no_answer", "shown"]
    assert notices(world) == ["您说：你好"]


def test_each_delivery_is_the_same_message_in_a_new_envelope(
    world: World, account: Account
) -> None:
    account.answers = lambda _received: Reply(b"", 500)
    said(world)
    assert len({message.leaf("MsgId") for message in account.messages}) == 1
    for unique in (
        {received.parameter("nonce") for received in account.received},
        {received.parameter("msg_signature") for received in account.received},
        {received.body for received in account.received},
    ):
        assert len(unique) == 3


@pytest.mark.parametrize("status", [500, 502, 201, 302, 403])
def test_a_status_other_than_200_is_tried_three_times(
    world: World, account: Account, status: int
) -> None:
    account.answers = lambda _received: Reply(b"success", status)
    result = said(world)
    assert [attempt.status for attempt in result.attempts] == [status] * 3
    assert notices(world) == [FAULT_SENTENCE]


def test_nobody_listening_is_tried_three_times(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    world = World(replace(config, callback_url=f"http://127.0.0.1:{port}/wechat"))
    try:
        result = said(world)
        assert [attempt.verdict.reason for attempt in result.attempts] == ["refused"] * 3
    finally:
        world.close()


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda _received: b"oops",
        lambda _received: b'{"errcode":0}',
        lambda _received: b"\xff" * 1000,
        lambda received: passive(received, text("hi"), changed={"MsgSignature": "0" * 40}),
        lambda received: passive(received, text("hi"), changed={"ToUserName": "oAnother"}),
        lambda _received: envelope("<xml/>"),
        lambda _received: CIPHER.encrypt(b"no envelope").encode(),
    ],
)
def test_an_answer_that_breaks_the_rules_is_a_fault_at_once(
    world: World, account: Account, spoilt: object
) -> None:
    account.answers = spoilt  # type: ignore[assignment]  # a behaviour
    result = said(world)
    assert result.verdict.ruling == "fault"
    assert len(account.received) == 1
    assert notices(world) == [FAULT_SENTENCE]


def test_an_endless_answer_is_not_read_to_its_end(world: World, account: Account) -> None:
    account.answers = lambda _received: b"x" * (300 * 1024)
    assert said(world).verdict.reason == "too_large"


def test_faults_after_an_event_that_nobody_waits_for_are_not_shown(
    world: World, account: Account
) -> None:
    account.answers = lambda _received: b"oops"
    openid = follower(world)
    for event in ("VIEW", "LOCATION", "TEMPLATESENDJOBFINISH"):
        outcome(Phones(world).event(openid, event, []))
    assert notices(world) == []
    outcome(Phones(world).event(openid, "CLICK", [("EventKey", "HELP")]))
    assert notices(world) == [FAULT_SENTENCE]


def test_one_phone_is_served_in_order(world: World, account: Account) -> None:
    phones, openid = Phones(world), follower(world)
    futures = [phones.say(openid, str(number)) for number in range(12)]
    for sent in futures:
        outcome(sent)
    received = [message.leaf("Content") for message in account.messages]
    assert received == [str(number) for number in range(12)]


def test_phones_do_not_wait_for_each_other(world: World, account: Account) -> None:
    """Both messages must be with the account at the same time, or the barrier breaks."""
    meeting = threading.Barrier(2)

    def meet(_received: Received) -> bytes:
        meeting.wait(WAIT_S)
        return b"success"

    account.answers = meet
    first, second = (Phones(world).say(follower(world), "在吗") for _ in range(2))
    assert [outcome(first).verdict.ruling, outcome(second).verdict.ruling] == ["silent"] * 2


def test_copies_of_one_message_arrive_together(world: World, account: Account) -> None:
    meeting = threading.Barrier(4)

    def meet(_received: Received) -> bytes:
        meeting.wait(WAIT_S)
        return b"success"

    account.answers = meet
    openid = follower(world)
    result = outcome(Phones(world).raw(openid, "<xml><A>1</A></xml>", forgery=HONEST, copies=4))
    assert [attempt.status for attempt in result.attempts] == [200] * 4


@pytest.mark.parametrize(
    ("mode", "elements"),
    [
        ("secure", {"ToUserName", "Encrypt"}),
        (
            "compatible",
            {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId", "Encrypt"},
        ),
        (
            "plaintext",
            {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId"},
        ),
    ],
)
def test_each_mode_sends_its_own_elements(
    config: Config, account: Account, mode: Mode, elements: set[str]
) -> None:
    world = World(replace(config, mode=mode))
    try:
        said(world)
    finally:
        world.close()
    assert {child.tag for child in read(account.received[0].body).children} == elements
    assert ("msg_signature" in account.received[0].query) == (mode != "plaintext")


def test_deliveries_are_kept_for_developers(world: World, account: Account) -> None:
    account.answers = lambda _received: Reply(b"", 503)
    said(world)
    rows = world.store.all("SELECT attempt, status, verdict, reason FROM attempts ORDER BY id")
    assert [tuple(row) for row in rows] == [(n, 503, "fault", "http_503") for n in (1, 2, 3)]


def test_what_was_under_way_when_it_ended_is_marked_at_the_next_start(
    config: Config, account: Account
) -> None:
    first = World(config)
    first.store.run("INSERT INTO pushes (openid, kind, xml, at) VALUES ('o', 'text', '', 0)")
    first.close()
    second = World(config)
    row = second.store.one("SELECT verdict FROM pushes")
    second.close()
    assert row is not None
    assert row["verdict"] == "interrupted"


def test_message_ids_are_numbers_of_64_bits_that_a_script_would_round(
    world: World, account: Account
) -> None:
    said(world)
    message_id = int(account.messages[0].leaf("MsgId"))
    assert 2**53 < message_id < 2**63
