"""What we ask of the platform, against a server that plays it.

K and S numbers are those of wechatpy's reproduced defects; each names the test that closes it.
"""

import io
import itertools
import json
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool

from kernel import database
from kernel.settings import Settings
from tests.wechat.calling import OPENID, SECRET, SEND, failure_of, failure_of_sending
from tests.wechat.platform import OK, Asked, Platform, Wire, error, head, http, js
from wechat import client as client_module
from wechat.client import (
    Client,
    MediaGone,
    MediaTooLarge,
    MediaUnsupported,
    PlatformBusy,
    PlatformError,
    QuotaReached,
    TokenRefused,
)
from wechat.tokens import WeChatToken

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


# -- what is sent ---------------------------------------------------------------------------


def test_a_text_goes_out_as_plain_utf8_and_says_that_it_is_json(  # K11
    platform: Platform, wechat: Client
) -> None:
    wechat.send_text(OPENID, '路灯已修好 💡 \\ " {}')
    (asked,) = platform.calls(SEND)
    assert asked.method == "POST"
    assert asked.query == {"access_token": platform.token}
    assert asked.headers["content-type"] == "application/json; charset=utf-8"
    assert "路灯已修好 💡".encode() in asked.body
    assert asked.json() == {
        "touser": OPENID,
        "msgtype": "text",
        "text": {"content": '路灯已修好 💡 \\ " {}'},
    }


def test_half_a_surrogate_pair_does_not_stop_a_text(platform: Platform, wechat: Client) -> None:
    wechat.send_text(OPENID, "好\ud83d的")
    assert platform.calls(SEND)[0].json()["text"]["content"] == "好?的"


def test_a_template_message_carries_an_id_of_ours_against_repetition(  # K15
    platform: Platform, wechat: Client
) -> None:
    platform.always("message/template/send", js(errcode=0, errmsg="ok", msgid=200228332))
    assert send_template(wechat) == "200228332"
    assert platform.calls("message/template/send")[0].json() == {
        "touser": OPENID,
        "template_id": "T1",
        "url": "https://city.test/reports/1",
        "client_msg_id": "notice-7",
        "data": {"first": {"value": "已办结"}, "remark": {"value": "谢谢"}},
    }


def send_template(wechat: Client) -> str:
    return wechat.send_template(
        OPENID,
        template_id="T1",
        url="https://city.test/reports/1",
        data={"first": "已办结", "remark": "谢谢"},
        client_msg_id="notice-7",
    )


def test_a_template_message_that_had_been_sent_before_counts_as_sent(
    platform: Platform, wechat: Client
) -> None:
    platform.always("message/template/send", error(45065, "clientmsgid exist"))
    assert send_template(wechat) == ""


def test_the_menu_is_pushed_and_read_as_it_was_pushed(platform: Platform, wechat: Client) -> None:
    menu = {
        "button": [
            {"type": "click", "name": "我要上报", "key": "REPORT"},
            {"name": "更多", "sub_button": [{"type": "click", "name": "帮助", "key": "HELP"}]},
        ]
    }
    wechat.push_menu(menu)
    assert platform.calls("menu/create")[0].json() == menu
    as_kept = json.loads(json.dumps(menu))
    as_kept["button"][0]["sub_button"] = []
    as_kept["button"][1]["sub_button"][0]["sub_button"] = []
    platform.always("menu/get", js(menu=as_kept))
    assert wechat.current_menu() == menu


def test_no_menu_is_no_error(platform: Platform, wechat: Client) -> None:
    platform.always("menu/get", error(46003, "menu no exist"))
    assert wechat.current_menu() is None


def test_what_the_caller_handed_over_is_not_changed(wechat: Client) -> None:  # K8
    query, data = {"type": "image"}, {"a": 1}
    wechat._api._request("post", "any/thing", params=query, data=data)
    assert (query, data) == ({"type": "image"}, {"a": 1})


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.card.get("card-id"),
        lambda api: api.get("https://elsewhere.test/cgi-bin/user/info"),
        lambda api: api.media.upload("image", io.BytesIO(JPEG)),
        lambda api: api.fetch_access_token(),
    ],
)
def test_what_wechatpy_would_send_past_us_is_not_sent(  # K7, K14, S5
    platform: Platform, wechat: Client, call: Callable[[object], object]
) -> None:
    with pytest.raises((TypeError, ValueError, NotImplementedError)):
        call(wechat._api)
    assert platform.asked == []


def test_proxies_of_the_environment_are_ignored(
    wechat: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    wechat.send_text(OPENID, "您好")


# -- the token ------------------------------------------------------------------------------


def test_the_token_is_fetched_by_post_with_the_secret_in_the_body(  # K15, S5
    platform: Platform, wechat: Client
) -> None:
    wechat.send_text(OPENID, "您好")
    fetched = platform.asked[0]
    assert (fetched.method, fetched.path, fetched.query) == ("POST", "/cgi-bin/stable_token", {})
    assert fetched.json() == {
        "grant_type": "client_credential",
        "appid": "wx0123456789abcdef",
        "secret": SECRET,
        "force_refresh": False,
    }


def test_a_token_that_is_always_refused_ends_after_two_calls(  # K1
    platform: Platform, wechat: Client
) -> None:
    tokens = iter(["first", "second", "third"])
    platform.answers["stable_token"] = lambda _: js(access_token=next(tokens), expires_in=7200)
    platform.always(SEND, error(40001))
    failure = failure_of_sending(wechat)
    assert isinstance(failure, TokenRefused)
    assert failure.is_retryable
    assert [asked.query["access_token"] for asked in platform.calls(SEND)] == ["first", "second"]
    assert len(platform.calls("stable_token")) == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_revoked_token_is_renewed_and_the_same_bytes_are_sent_again(  # K7
    platform: Platform, wechat: Client, code: int
) -> None:
    wechat.send_text(OPENID, "您好")
    old, platform.token = platform.token, ""
    platform.answers[SEND] = lambda asked: (
        error(code) if asked.query["access_token"] == old else platform.checked(asked, OK)
    )
    wechat.send_text(OPENID, "再见")
    _, refused, accepted = platform.calls(SEND)
    assert refused.body == accepted.body
    assert "再见".encode() in accepted.body
    assert len(platform.calls("stable_token")) == 2


def test_a_token_endpoint_that_hangs_is_given_up_in_time(  # K2
    platform: Platform, hasty: Client
) -> None:
    platform.answers["stable_token"] = lambda _: platform.silence()
    started = time.monotonic()
    failure = failure_of_sending(hasty)
    assert time.monotonic() - started < 2
    assert isinstance(failure, PlatformBusy)
    assert not failure.may_have_happened
    assert platform.calls(SEND) == []


def test_no_database_connection_is_held_while_the_platform_thinks(
    platform: Platform, wechat: Client, engine: Engine
) -> None:
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    held: list[int] = []

    def look(wire: Wire) -> Wire:
        held.append(pool.checkedout())
        return wire

    platform.answers["stable_token"] = lambda _: look(platform.give_token())
    platform.answers[SEND] = lambda _: look(OK)
    wechat.send_text(OPENID, "您好")
    assert held == [0, 0]


# -- files ----------------------------------------------------------------------------------


def test_a_picture_arrives_byte_for_byte(platform: Platform, wechat: Client) -> None:
    platform.answers["media/get"] = lambda asked: platform.checked(
        asked, http(JPEG, content_type="image/jpeg")
    )
    assert wechat.fetch_media("media&id=1", limit=len(JPEG)) == JPEG
    (asked,) = platform.calls("media/get")
    assert asked.query == {"media_id": "media&id=1", "access_token": platform.token}


def test_a_picture_is_fetched_with_a_new_token_when_the_old_is_refused(
    platform: Platform, wechat: Client
) -> None:
    wechat.send_text(OPENID, "您好")
    platform.revoke()
    platform.answers["media/get"] = lambda asked: platform.checked(asked, http(JPEG))
    assert wechat.fetch_media("m", limit=1_000_000) == JPEG


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        (error(40007, "invalid media_id"), MediaGone),
        (js(video_url="http://elsewhere.test/video?token=1"), MediaUnsupported),  # K12
        (error(45009), QuotaReached),
        (js(anything=1), PlatformBusy),
        (http(b"<html>busy</html>", content_type="image/jpeg"), PlatformBusy),
        (http(b""), PlatformBusy),
        (http(JPEG, length=len(JPEG) + 1), PlatformBusy),
        (http(JPEG, status=502), PlatformBusy),
    ],
)
def test_what_is_not_a_file_is_a_failure(
    platform: Platform, wechat: Client, wire: list[bytes], kind: type[PlatformError]
) -> None:
    platform.always("media/get", wire)
    assert type(failure_of(lambda: wechat.fetch_media("m", limit=1_000_000))) is kind


def test_giving_up_a_video_is_giving_up_a_file() -> None:
    assert issubclass(MediaUnsupported, MediaGone)


def test_a_file_whose_length_is_over_the_limit_is_not_begun(
    platform: Platform, wechat: Client
) -> None:
    platform.always("media/get", http(JPEG, length=50_000_000))
    failure = failure_of(lambda: wechat.fetch_media("m", limit=10_000))
    assert isinstance(failure, MediaTooLarge)
    assert not failure.is_retryable


@pytest.mark.parametrize("framing", ["Connection: close", "Transfer-Encoding: chunked"])
def test_a_file_that_does_not_say_its_length_is_cut_off_at_the_limit(
    platform: Platform, wechat: Client, framing: str
) -> None:
    megabyte = b"\xff" * 1_000_000
    piece = b"f4240\r\n" + megabyte + b"\r\n" if "chunked" in framing else megabyte

    def fifty_megabytes(_: Asked) -> Iterator[bytes]:
        yield head(framing, "")
        yield from itertools.repeat(piece, 50)

    platform.answers["media/get"] = fifty_megabytes
    failure = failure_of(lambda: wechat.fetch_media("m", limit=1_500_000))
    assert isinstance(failure, MediaTooLarge)
    # What left the server is what was read and what the sockets between us buffer.
    assert platform.sent_bytes < 20_000_000


def test_a_file_that_drips_is_given_up_in_time(platform: Platform, hasty: Client) -> None:
    def drip(_: Asked) -> Iterator[bytes]:
        yield head("Content-Length: 9000", "")
        yield from platform.drip(b"\xff")

    platform.answers["media/get"] = drip
    failure = failure_of(lambda: hasty.fetch_media("m", limit=10_000))
    assert (type(failure), failure.errmsg) == (PlatformBusy, "too slow")


# -- one client a process -------------------------------------------------------------------


def test_a_process_has_the_client_of_its_settings(
    platform: Platform, token_name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_client", None)
    with pytest.raises(RuntimeError, match="connect"):
        client_module.current()
    changed = settings.model_copy(
        update={"wechat_api_base": platform.url, "wechat_app_id": token_name}
    )
    made = client_module.connect(changed)
    assert client_module.current() is made
    made.send_text(OPENID, "您好")
    assert platform.asked[0].json()["appid"] == token_name
    made.close()
    with database.transaction() as session:
        stored = session.get_one(WeChatToken, f"access_token:{token_name}")
        assert stored.value == platform.token
        session.delete(stored)


def test_choices_are_sent_as_buttons_that_bring_their_ids_back(
    wechat: Client, platform: Platform
) -> None:
    choices = [("class:C0137", "路灯"), ("class:none", "都不是，直接提交")]
    wechat.send_menu(OPENID, head="是这一类吗？", choices=choices, tail="不点也行。")
    sent = [one.json() for one in platform.asked if one.endpoint == SEND]
    assert [one["msgtype"] for one in sent] == ["msgmenu"]
    assert sent[0]["msgmenu"]["head_content"] == "是这一类吗？"
    assert sent[0]["msgmenu"]["tail_content"] == "不点也行。"
    assert sent[0]["msgmenu"]["list"] == [{"id": one, "content": words} for one, words in choices]
