"""Against somebody else's implementation of the protocol, so that ours is not its own measure."""

import pytest
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from simulator.phone import Phones
from simulator.world import World
from tests.simulator.test_pusher import follower, outcome

from .account import AES_KEY, APP_ID, TOKEN, Account, Received

FOREIGN = WeChatCrypto(TOKEN, AES_KEY, APP_ID)


def foreign_echo(received: Received) -> bytes:
    def given(name: str) -> str:
        return received.parameter(name)

    check_signature(TOKEN, given("signature"), given("timestamp"), given("nonce"))
    xml = FOREIGN.decrypt_message(
        received.body, given("msg_signature"), given("timestamp"), given("nonce")
    )
    message = parse_message(xml)
    words = message.content if message.type == "text" else message.type
    sealed = FOREIGN.encrypt_message(
        create_reply(words, message).render(), given("nonce"), given("timestamp")
    )
    return str(sealed).encode()


@pytest.mark.parametrize("words", ["你好", "emoji 😀", "x" * 2000, "<b>&amp;", "a\nb"])
def test_wechatpy_understands_a_push_and_is_understood(
    world: World, account: Account, words: str
) -> None:
    account.answers = foreign_echo
    result = outcome(Phones(world).say(follower(world), words))
    assert result.verdict.shown is not None
    assert result.verdict.shown.text == words


def test_wechatpy_reads_places_and_photos(world: World, account: Account) -> None:
    account.answers = foreign_echo
    phones, openid = Phones(world), follower(world)
    place = phones.send_place(openid, latitude=29.5748, longitude=106.5322, label="观音桥")
    photo = phones.send_photo(openid, b"\xff\xd8\xff" + b"j" * 20)
    shown = [outcome(sent).verdict.shown for sent in (place, photo)]
    assert [message.text for message in shown if message] == ["location", "image"]
