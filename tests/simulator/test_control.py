"""What tests and the page may order, and what nobody may."""

import base64
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from simulator.world import World

from .account import Account, Received, passive, text

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 200
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 200


class Control:
    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def raw(
        self, path: str, body: object = None, *, headers: dict[str, str] | None = None
    ) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        known = {"X-Simulator": "1"} if headers is None else headers
        return self.client.post(f"/__sim__/{path}", data=data, headers=known)

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        response = self.raw(path, body)
        assert response.status_code == 200, response.text
        return dict(response.get_json())

    def get(self, path: str) -> dict[str, Any]:
        response = self.client.get(f"/__sim__/{path}")
        assert response.status_code == 200
        return dict(response.get_json())

    def screen(self, openid: str) -> list[dict[str, Any]]:
        return list(self.get(f"users/{openid}/screen")["messages"])


@pytest.fixture
def control(client: FlaskClient) -> Control:
    return Control(client)


@pytest.fixture
def openid(control: Control) -> str:
    return str(control.post("users")["openid"])


def event_of(account: Account) -> dict[str, str]:
    return {child.tag: child.text for child in account.messages[-1].children}


# who may


def test_a_post_without_the_header_is_refused_wherever_it_goes(control: Control) -> None:
    for path in ("users", "reset", "clock", "faults", "users/o/text", "nothing"):
        assert control.raw(path, headers={}).status_code in (403, 404)
    assert control.raw("users", headers={}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::", ""])
@pytest.mark.parametrize("path", ["/", "/__sim__/users", "/static/phone.js"])
def test_a_foreign_name_for_this_computer_is_refused(
    client: FlaskClient, host: str, path: str
) -> None:
    assert client.get(path, headers={"Host": host}).status_code in (400, 403)


# what a resident does


def test_following_pushes_an_event_and_makes_a_phone(control: Control, account: Account) -> None:
    made = control.post("users", {"name": "张师傅"})
    assert (made["name"], made["verdict"]) == ("张师傅", "silent")
    assert event_of(account)["Event"] == "subscribe"
    assert control.get("users")["items"] == [
        {"openid": made["openid"], "name": "张师傅", "follows": True}
    ]


def test_following_by_a_sign_bears_its_scene(control: Control, account: Account) -> None:
    control.post("users", {"scene": "lamp-17"})
    assert event_of(account)["EventKey"] == "qrscene_lamp-17"


def test_scanning_as_a_follower_is_another_event(
    control: Control, account: Account, openid: str
) -> None:
    control.post(f"users/{openid}/scan", {"scene": "17"})
    assert (event_of(account)["Event"], event_of(account)["EventKey"]) == ("SCAN", "17")


def test_a_text_stands_on_the_screen_with_its_answer(
    control: Control, account: Account, openid: str
) -> None:
    def answer(received: Received) -> bytes:
        return passive(received, text("看这里：http://127.0.0.1/r/1?k=a。"))

    account.answers = answer
    done = control.post(f"users/{openid}/text", {"text": " 路灯坏了\n谢谢 "})
    assert done["verdict"] == "shown"
    assert event_of(account)["Content"] == " 路灯坏了\n谢谢 "
    own, reply = control.screen(openid)[-2:]
    assert (own["sender"], own["via"]) == ("resident", None)
    assert (reply["sender"], reply["via"], reply["kind"]) == ("account", "passive", "text")
    assert reply["links"] == ["http://127.0.0.1/r/1?k=a"]


@pytest.mark.parametrize("photo", [JPEG, PNG])
def test_a_photo_is_kept_as_temporary_media(
    control: Control, account: Account, openid: str, photo: bytes
) -> None:
    control.raw(f"users/{openid}/photo", photo)
    event = event_of(account)
    assert event["MsgType"] == "image"
    path = event["PicUrl"].partition("//")[2].partition("/")[2]
    assert control.client.get(f"/{path}").data == photo
    assert control.screen(openid)[-1]["media_id"] == event["MediaId"]


def test_a_photo_may_come_from_a_form(control: Control, account: Account, openid: str) -> None:
    control.client.post(
        f"/__sim__/users/{openid}/photo",
        data={"photo": (io.BytesIO(JPEG), "hole.jpg")},
        headers={"X-Simulator": "1"},
    )
    assert event_of(account)["MsgType"] == "image"


@pytest.mark.parametrize(
    ("photo", "status"),
    [(b"", 400), (b"GIF89a", 415), (b"text", 415), (JPEG + b"x" * 10 * 1024 * 1024, 413)],
)
def test_what_is_no_photo_is_not_sent_unless_one_insists(
    control: Control, account: Account, openid: str, photo: bytes, status: int
) -> None:
    pushed = len(account.received)
    assert control.raw(f"users/{openid}/photo", photo).status_code == status
    assert len(account.received) == pushed
    insisted = control.raw(f"users/{openid}/photo?unchecked=1", photo)
    assert insisted.status_code == (400 if photo == b"" else 200)


def test_a_place_is_sent_as_it_is_or_converted_as_a_phone_does(
    control: Control, account: Account, openid: str
) -> None:
    place = {"lat": 29.5748, "lng": 106.5322, "label": "观音桥步行街"}
    control.post(f"users/{openid}/location", place)
    event = event_of(account)
    assert (event["Location_X"], event["Location_Y"]) == ("29.5748", "106.5322")
    assert event["Label"] == "观音桥步行街"
    control.post(f"users/{openid}/location", {**place, "datum": "wgs84"})
    moved = event_of(account)
    assert float(moved["Location_X"]) == pytest.approx(29.5748 - 0.00275, abs=0.0003)
    assert float(moved["Location_Y"]) == pytest.approx(106.5322 + 0.00388, abs=0.0003)


def test_tapping_the_menu(control: Control, world: World, account: Account, openid: str) -> None:
    link = "http://127.0.0.1/nearby/toilet"
    world.menu.set(
        {
            "button": [
                {"type": "click", "name": "上报", "key": "REPORT"},
                {"name": "便民", "sub_button": [{"type": "view", "name": "公厕", "url": link}]},
            ]
        }
    )
    control.post(f"users/{openid}/click", {"key": "REPORT"})
    assert (event_of(account)["Event"], event_of(account)["EventKey"]) == ("CLICK", "REPORT")
    assert control.post(f"users/{openid}/click", {"url": link})["url"] == link
    assert (event_of(account)["Event"], event_of(account)["EventKey"]) == ("VIEW", link)
    assert control.raw(f"users/{openid}/click", {"key": "NOTHING"}).status_code == 404


def test_unfollowing_ends_the_conversation_until_one_follows_again(
    control: Control, account: Account, openid: str
) -> None:
    control.post(f"users/{openid}/unfollow")
    assert event_of(account)["Event"] == "unsubscribe"
    refused = control.raw(f"users/{openid}/text", {"text": "在吗"})
    assert (refused.status_code, refused.get_json()["error"]) == (409, "not_following")
    control.post(f"users/{openid}/follow")
    assert event_of(account)["Event"] == "subscribe"
    control.post(f"users/{openid}/text", {"text": "在吗"})


def test_nested_events_may_be_pushed(control: Control, account: Account, openid: str) -> None:
    fields = {"EventKey": "k", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}}
    control.post(f"users/{openid}/event", {"event": "scancode_waitmsg", "fields": fields})
    assert account.messages[-1].only("ScanCodeInfo").leaf("ScanResult") == "1"


# forgeries


def test_a_raw_push_may_lie_in_every_part(control: Control, account: Account, openid: str) -> None:
    def pushed(**forged: object) -> Received:
        body = {"xml": "<xml><MsgType>text</MsgType></xml>", **forged}
        control.post(f"users/{openid}/raw", body)
        return account.received[-1]

    assert pushed().message.leaf("MsgType") == "text"
    assert pushed(timestamp="1").parameter("timestamp") == "1"
    stale = int(pushed(timestamp_offset_s=-3600).parameter("timestamp"))
    assert abs(stale + 3600 - int(pushed().parameter("timestamp"))) <= 5
    assert pushed(query={"nonce": "7"}).parameter("nonce") == "7"
    assert "nonce" not in pushed(without=["nonce"]).query
    assert pushed(body_base64=base64.b64encode(b"\xff\0").decode()).body == b"\xff\0"
    assert pushed(mode="plaintext").body == b"<xml><MsgType>text</MsgType></xml>"
    with pytest.raises(AssertionError):
        _ = pushed(token="another").message
    with pytest.raises(Exception, match="app_id"):
        _ = pushed(app_id="wxanother").message


def test_a_push_may_be_repeated_with_the_same_message_id(
    control: Control, account: Account, openid: str
) -> None:
    done = control.post(f"users/{openid}/text", {"text": "你好"})
    control.post(f"pushes/{done['push_id']}/again")
    first, second = account.messages[-2:]
    assert first.leaf("MsgId") == second.leaf("MsgId") == str(done["message_id"])


def test_copies_of_a_push_are_all_told(control: Control, openid: str) -> None:
    done = control.post(f"users/{openid}/raw", {"xml": "<xml/>", "copies": 3})
    assert [attempt["status"] for attempt in done["attempts"]] == [200] * 3


# the rest


def test_one_need_not_wait_for_a_delivery(control: Control, openid: str) -> None:
    response = control.raw(f"users/{openid}/text?wait=0", {"text": "你好"})
    assert response.status_code == 202
    assert response.get_json()["verdict"] == "pending"


def test_deliveries_are_listed_for_a_phone(control: Control, openid: str) -> None:
    control.post("users")
    control.post(f"users/{openid}/text", {"text": "你好"})
    items = control.get(f"deliveries?openid={openid}")["items"]
    assert [item["kind"] for item in items] == ["subscribe", "text"]
    assert {"time", "attempt", "status", "ms", "verdict", "reason"} <= set(items[0])
    assert len(control.get("deliveries")["items"]) == 3


def test_the_handshake_is_checked_to_the_letter(control: Control, account: Account) -> None:
    account.answers = lambda received: received.parameter("echostr").encode()
    assert control.post("verify")["verified"] is True
    account.answers = lambda received: received.parameter("echostr").encode() + b"\n"
    assert control.post("verify")["verified"] is False


def test_the_clock_moves_without_moving_pushes(
    control: Control, world: World, account: Account, openid: str
) -> None:
    before = int(account.received[-1].parameter("timestamp"))
    control.post("clock", {"offset_s": 86400})
    control.post(f"users/{openid}/text", {"text": "明天"})
    assert int(account.received[-1].parameter("timestamp")) - before < 60
    control.post("clock", {"offset_s": 0, "push_offset_s": -86400})
    control.post(f"users/{openid}/text", {"text": "昨天"})
    assert before - int(account.received[-1].parameter("timestamp")) > 86000


def test_a_reset_leaves_nothing_but_the_account_s_template(
    control: Control, world: World, openid: str
) -> None:
    control.post("clock", {"offset_s": 500})
    control.post("reset")
    assert control.get("users")["items"] == []
    assert world.clock.offset_s == 0
    assert len(world.notices.all()) == 1
    assert control.client.get(f"/__sim__/users/{openid}/screen").status_code == 404


def test_the_page_of_a_phone_is_served_and_of_none_refused(control: Control, openid: str) -> None:
    assert control.client.get("/").headers["Location"] == f"/phone/{openid}"
    page = control.client.get(f"/phone/{openid}")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert control.client.get("/phone/nobody").status_code == 404
    control.post("reset")
    assert "关注公众号" in control.client.get("/").text


POSTS = [
    "users", "users/{}/follow", "users/{}/settings", "users/{}/text", "users/{}/location",
    "users/{}/click", "users/{}/scan", "users/{}/event", "users/{}/raw", "verify", "faults",
    "templates", "clock", "users/{}/unfollow", "pushes/999/again", "users/nobody/text",
]  # fmt: skip
GARBAGE = [
    b"{", b"[]", b"\xff", b"null", b"9" * 5000, b"[" * 100_000, b'{"name": 5, "scene": []}',
    b'{"text": 5}', b'{"text": "\\ud800"}', b'{"text": ""}', b'{"lat": NaN, "lng": 1e999}',
    b'{"lat": "29", "lng": true}', b'{"lat": 95, "lng": 0}', b'{"key": {}}', b'{"scene": 1}',
    b'{"event": "x", "fields": {"a b": 1}}', b'{"event": "x", "fields": {"a": null}}',
    b'{"xml": "<xml/>", "copies": 1e9}', b'{"xml": "", "mode": "secret"}',
    b'{"xml": "", "body_base64": "*"}', b'{"xml": "", "query": 5, "without": "x"}',
    b'{"kind": "earthquake"}', b'{"kind": "busy", "times": -1}', b'{"offset_s": "long"}',
    b'{"offset_s": 1e308}', b'{"template_id": 1}', b'{"event": "", "fields": {"a": "\\u0000"}}',
]  # fmt: skip


@pytest.mark.parametrize("path", POSTS)
def test_garbage_is_refused_and_never_an_internal_error(
    control: Control, openid: str, path: str
) -> None:
    for body in GARBAGE:
        response = control.raw(path.format(openid), body)
        assert response.status_code < 500, body
        assert response.get_json() is not None
        if body in GARBAGE[:6] and path not in ("verify", "users/{}/unfollow", "pushes/999/again"):
            assert response.status_code in (400, 404)


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/__sim__/nothing", "/__sim__/users/../x", "/mmbiz/x/0", "/phone/%00", "/phone/%ff",
     "/__sim__/users/%F0%9F/screen", "/static/../web.py", "/__sim__/deliveries?openid=%00"],
)  # fmt: skip
def test_odd_addresses_are_not_found_or_empty(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (200, 404)
    if response.status_code == 200:
        assert response.get_json() == {"items": []}
