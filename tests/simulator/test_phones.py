"""The phone that other tests use, against an account that answers."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator.config import Config
from simulator.server import running
from tests.phones import Phone, PhoneError

from .account import Account, Received, passive, text

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 200


def answer(received: Received) -> bytes:
    message = received.message
    kind = message.leaf("MsgType")
    words = message.leaf("Content") if kind == "text" else kind
    return passive(received, text(f"{words}：http://127.0.0.1/r/{len(words)}"))


@pytest.fixture
def platform(config: Config, account: Account) -> Iterator[str]:
    account.answers = answer
    with running(config) as address:
        yield address


def test_a_phone_follows_talks_and_reads(platform: str, tmp_path: Path) -> None:
    file = tmp_path / "hole.jpg"
    file.write_bytes(JPEG)
    phone = Phone.follow(platform, name="李阿姨")
    phone.says("你好").sends_photo(JPEG).sends_photo(file).sends_place(29.57, 106.53, "观音桥")
    kinds = [message.kind for message in phone.screen() if message.sender == "resident"]
    assert kinds == ["text", "image", "image", "location"]
    assert [message.via for message in phone.heard()] == ["passive"] * 5
    assert phone.links() == [f"http://127.0.0.1/r/{length}" for length in (5, 2, 5, 5, 8)]


def test_waiting_goes_on_behind_the_last_message_waited_for(platform: str) -> None:
    phone = Phone.follow(platform)
    phone.says("一").says("一")
    first, second = phone.waits_for("一"), phone.waits_for("一")
    assert first.id < second.id
    with pytest.raises(PhoneError, match="一"):
        phone.waits_for("一", timeout=0.2)


def test_waiting_ends_when_a_later_message_comes(platform: str) -> None:
    phone, other = Phone.follow(platform), []

    def speaks_later() -> None:
        other.append(phone.says("终于"))

    timer = threading.Timer(0.3, speaks_later)
    timer.start()
    assert phone.waits_for("终于").sender == "account"
    timer.join()


def test_a_refusal_says_what_was_refused(platform: str) -> None:
    phone = Phone.follow(platform).unfollows()
    with pytest.raises(PhoneError, match="not_following"):
        phone.says("在吗")
    assert phone.follows_again().delivery.verdict == "shown"


def test_what_is_no_photo_may_be_sent_unchecked(platform: str, account: Account) -> None:
    phone = Phone.follow(platform)
    with pytest.raises(PhoneError, match="not_a_photo"):
        phone.sends_photo(b"not a photo")
    phone.sends_photo(b"not a photo", unchecked=True)
    address = account.messages[-1].leaf("PicUrl")
    assert requests.get(address, timeout=5).content == b"not a photo"
