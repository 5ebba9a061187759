"""The API half, through HTTP."""

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from simulator.phone import Phones
from simulator.world import World

from .account import APP_ID, APP_SECRET, TEMPLATE_ID, Account

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 200
DATA = {
    "character_string1": {"value": "JB20261122000017"},
    "phrase2": {"value": "已办结"},
    "time3": {"value": "2026-11-22 15:30"},
    "thing4": {"value": "路灯已经更换"},
}


class Api:
    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = self.post("stable_token", account()).get("access_token", "")

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return read(self.raw(path, **query))

    def raw(self, path: str, **query: str) -> TestResponse:
        query.setdefault("access_token", getattr(self, "token", ""))
        return self.client.get(f"/cgi-bin/{path}", query_string=query)

    def post(self, path: str, body: object, **query: str) -> dict[str, Any]:
        query.setdefault("access_token", getattr(self, "token", ""))
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return read(self.client.post(f"/cgi-bin/{path}", data=data, query_string=query))


def account(**changed: object) -> dict[str, object]:
    return {
        "grant_type": "client_credential",
        "appid": APP_ID,
        "secret": APP_SECRET,
        **changed,
    }


def read(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json; encoding=utf-8"
    body: dict[str, Any] = json.loads(response.data.decode())
    if body.get("errcode"):
        rid = body["errmsg"].rpartition(" rid: ")[2]
        assert [len(part) for part in rid.split("-")] == [8, 8, 8]
    return body


@pytest.fixture
def api(client: FlaskClient) -> Api:
    return Api(client)


@pytest.fixture
def resident(world: World) -> str:
    """Someone who follows and has just written."""
    openid = world.users.create(None).openid
    world.users.follow(openid, None)
    Phones(world).say(openid, "你好").outcome.result(10)
    return openid


def custom(openid: str, content: str = "您好") -> dict[str, object]:
    return {"touser": openid, "msgtype": "text", "text": {"content": content}}


def template(openid: str, **changed: object) -> dict[str, object]:
    return {"touser": openid, "template_id": TEMPLATE_ID, "data": DATA, **changed}


def shown(world: World, openid: str, via: str) -> list[dict[str, object]]:
    return [message for message in world.chat.screen(openid) if message["via"] == via]


# tokens and manners


def test_a_token_comes_without_an_error_code(api: Api) -> None:
    body = api.post("stable_token", account())
    assert set(body) == {"access_token", "expires_in"}
    assert set(api.get("token", **{k: str(v) for k, v in account().items()})) == set(body)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"grant_type": ""}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wx0000"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "wrong"}, 40125),
        ({"secret": None}, 41004),
        ({"appid": 5}, 41002),
    ],
)
def test_a_wrong_account_gets_no_token(api: Api, changed: dict[str, object], code: int) -> None:
    assert api.post("stable_token", account(**changed))["errcode"] == code


def test_calls_without_a_good_token_are_refused(api: Api) -> None:
    assert api.get("menu/get", access_token="")["errcode"] == 41001
    assert api.get("menu/get", access_token="???")["errcode"] == 40014
    assert api.get("menu/get", access_token="10_" + "A" * 136)["errcode"] == 40001


def test_the_wrong_method_and_an_unknown_address_are_told(api: Api) -> None:
    assert api.get("message/custom/send")["errcode"] == 43002
    assert api.post("menu/get", {})["errcode"] == 43001
    assert api.get("no/such/thing")["errcode"] == 40066


def test_the_daily_quota_ends_a_day_of_tokens(world: World, api: Api) -> None:
    query = {name: str(value) for name, value in account().items()}
    api.get("token", **query)
    world.store.run("UPDATE quota SET used = used + 1998 WHERE endpoint = 'cgi-bin/token'")
    codes = [api.get("token", **query).get("errcode", 0) for _ in range(2)]
    assert codes == [0, 45009]
    world.clock.set(offset_s=86400)
    assert "access_token" in api.get("token", **query)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b'"text"', b"\0"],
)
@pytest.mark.parametrize(
    "path",
    [
        "stable_token",
        "message/custom/send",
        "message/custom/typing",
        "message/template/send",
        "menu/create",
    ],
)
def test_garbage_gets_an_error_code(api: Api, path: str, body: bytes) -> None:
    assert api.post(path, body)["errcode"] == 47001


@pytest.mark.parametrize("value", [None, 5, True, [], {}, [[]], {"content": 5}, "\x00", "𝄞"])
@pytest.mark.parametrize("name", ["touser", "msgtype", "text", "template_id", "data", "button"])
def test_fields_of_any_kind_get_an_error_code(
    api: Api, resident: str, name: str, value: object
) -> None:
    bodies: dict[str, dict[str, object]] = {
        "message/custom/send": custom(resident),
        "message/custom/typing": {"touser": resident, "command": "?"},
        "message/template/send": template(resident, data={}),
        "menu/create": {"button": []},
    }
    for path, body in bodies.items():
        answer = api.post(path, {**body, name: value})
        # The unchanged message is a good one.
        if path == "message/custom/send" and name not in body:
            assert answer["errcode"] == 0
        else:
            assert answer["errcode"] > 40000


# customer-service messages


def test_a_message_appears_on_the_phone(world: World, api: Api, resident: str) -> None:
    assert api.post("message/custom/send", custom(resident)) == {"errcode": 0, "errmsg": "ok"}
    (message,) = shown(world, resident, "custom")
    assert message["text"] == "您好"


def test_the_sixth_message_is_refused_and_so_is_one_after_two_days(
    world: World, api: Api, resident: str
) -> None:
    codes = [api.post("message/custom/send", custom(resident))["errcode"] for _ in range(6)]
    assert codes == [0, 0, 0, 0, 0, 45047]
    world.clock.set(offset_s=48 * 3600 + 1)
    api.token = api.post("stable_token", account())["access_token"]
    assert api.post("message/custom/send", custom(resident))["errcode"] == 45015


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"touser": "oNobody"}, 40003),
        ({"msgtype": "telepathy"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "长" * 683}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "gone"}}, 40007),
        ({"msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"msgtype": "msgmenu", "msgmenu": {"list": []}}, 44004),
    ],
)
def test_a_bad_message_is_refused_and_costs_nothing(
    world: World, api: Api, resident: str, changed: dict[str, object], code: int
) -> None:
    assert api.post("message/custom/send", {**custom(resident), **changed})["errcode"] == code
    assert shown(world, resident, "custom") == []
    codes = [api.post("message/custom/send", custom(resident))["errcode"] for _ in range(5)]
    assert codes == [0] * 5


def test_whoever_unfollowed_cannot_be_written_to(world: World, api: Api, resident: str) -> None:
    Phones(world).unfollow(resident).outcome.result(10)
    assert api.post("message/custom/send", custom(resident))["errcode"] == 45015
    assert api.post("message/template/send", template(resident))["errcode"] == 43004


def test_json_escaped_to_ascii_shows_its_escapes_on_the_phone(
    world: World, api: Api, resident: str
) -> None:
    body = json.dumps(custom(resident, '你\n好\\u4f60"'), ensure_ascii=True).encode()
    api.post("message/custom/send", body)
    (message,) = shown(world, resident, "custom")
    assert message["text"] == '\\u4f60\n\\u597d\\u4f60"'


def test_typing_needs_a_recent_interaction_and_is_shown_once(
    world: World, api: Api, resident: str
) -> None:
    def typing(command: str) -> int:
        body = {"touser": resident, "command": command}
        return int(api.post("message/custom/typing", body)["errcode"])

    assert typing("Typing") == 0
    assert typing("Typing") == 45081
    assert typing("CancelTyping") == 0
    assert typing("Dancing") == 45072
    world.clock.set(offset_s=31)
    assert typing("Typing") == 45080


# templates


def test_a_notice_is_shown_as_a_card_and_its_end_reported(
    world: World, api: Api, account: Account, resident: str
) -> None:
    world.windows.close(resident)
    url = "http://127.0.0.1/reports/JB1"
    answer = api.post("message/template/send", template(resident, url=url))
    assert answer["errcode"] == 0
    (card,) = shown(world, resident, "template")
    assert "案件编号：JB20261122000017" in str(card["text"])
    assert card["url"] == url
    Phones(world).event(resident, "VIEW", []).outcome.result(10)  # behind it in the queue
    report = account.messages[-2]
    assert report.leaf("Event") == "TEMPLATESENDJOBFINISH"
    assert report.leaf("MsgID") == str(answer["msgid"])
    assert report.leaf("Status") == "success"


def test_a_blocked_notice_is_accepted_and_reported_as_blocked(
    world: World, api: Api, account: Account, resident: str
) -> None:
    world.users.block_notices(resident, blocks=True)
    assert api.post("message/template/send", template(resident))["errcode"] == 0
    Phones(world).event(resident, "VIEW", []).outcome.result(10)
    assert account.messages[-2].leaf("Status") == "failed:user block"
    assert shown(world, resident, "template") == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("thing4", "", "is emtpy"),
        ("thing4", None, "is emtpy"),
        ("thing4", "长" * 21, "value invalid"),
        ("phrase2", "done", "value invalid"),
        ("phrase2", "已经处置完毕", "value invalid"),
        ("character_string1", "编号一", "value invalid"),
        ("time3", "soon", "value invalid"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    api: Api, resident: str, field: str, value: str | None, words: str
) -> None:
    data = {**DATA, field: {"value": value}}
    answer = api.post("message/template/send", template(resident, data=data))
    assert answer["errcode"] == 47003
    assert answer["errmsg"].startswith(f"argument invalid! data.{field}.")
    assert words in answer["errmsg"]


def test_first_and_remark_are_taken_and_not_shown(world: World, api: Api, resident: str) -> None:
    data = {**DATA, "first": {"value": "开头"}, "remark": {"value": "结尾"}}
    assert api.post("message/template/send", template(resident, data=data))["errcode"] == 0
    (card,) = shown(world, resident, "template")
    assert "开头" not in str(card["text"])
    assert "结尾" not in str(card["text"])


def test_the_same_client_msg_id_is_refused_for_ten_minutes(
    world: World, api: Api, resident: str
) -> None:
    body = template(resident, client_msg_id="notice-1")
    codes = [api.post("message/template/send", body)["errcode"] for _ in range(2)]
    assert codes == [0, 45065]
    assert len(shown(world, resident, "template")) == 1
    world.clock.set(offset_s=601)
    assert api.post("message/template/send", body)["errcode"] == 0


def test_an_unknown_template_or_resident_is_refused(api: Api, resident: str) -> None:
    unknown = template(resident, template_id="other")
    assert api.post("message/template/send", unknown)["errcode"] == 40037
    assert api.post("message/template/send", template("oNobody"))["errcode"] == 40003


# media


def upload(api: Api, data: bytes, kind: str = "image") -> dict[str, Any]:
    return read(
        api.client.post(
            "/cgi-bin/media/upload",
            query_string={"access_token": api.token, "type": kind},
            data={"media": (io.BytesIO(data), "photo.jpg")},
        )
    )


def test_a_photo_of_a_resident_is_downloaded_as_bytes(
    world: World, api: Api, account: Account, resident: str
) -> None:
    Phones(world).send_photo(resident, JPEG).outcome.result(10)
    media_id = account.messages[-1].leaf("MediaId")
    response = api.raw("media/get", media_id=media_id)
    assert response.data == JPEG
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-disposition"].startswith("attachment; filename=")


def test_media_are_gone_after_three_days(world: World, api: Api) -> None:
    media_id = upload(api, JPEG)["media_id"]
    world.clock.set(offset_s=3 * 86400 + 1)
    api.token = api.post("stable_token", account())["access_token"]
    assert api.get("media/get", media_id=media_id)["errcode"] == 40007
    assert api.get("media/get")["errcode"] == 40007


def test_an_uploaded_picture_can_be_sent(world: World, api: Api, resident: str) -> None:
    answer = upload(api, JPEG)
    assert answer["type"] == "image"
    assert isinstance(answer["created_at"], int)
    body = {"touser": resident, "msgtype": "image", "image": {"media_id": answer["media_id"]}}
    assert api.post("message/custom/send", body)["errcode"] == 0


def test_a_video_is_answered_with_an_address(api: Api) -> None:
    media_id = upload(api, b"\0\0\0\x18ftypmp42" + b"v" * 50, "video")["media_id"]
    assert set(api.get("media/get", media_id=media_id)) == {"video_url"}


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (JPEG, "poem", 40004),
        (b"", "image", 44001),
        (b"text", "image", 40005),
        (JPEG, "voice", 40005),
        (JPEG + b"x" * 65 * 1024, "thumb", 40012),
    ],
)
def test_a_bad_upload_is_refused(api: Api, data: bytes, kind: str, code: int) -> None:
    assert upload(api, data, kind)["errcode"] == code


def test_an_upload_without_a_file_is_refused(api: Api) -> None:
    assert api.post("media/upload", {}, type="image")["errcode"] == 41005


# account


def test_a_follower_has_no_name_and_a_stranger_nearly_nothing(
    world: World, api: Api, resident: str
) -> None:
    about = api.get("user/info", openid=resident)
    assert (about["subscribe"], about["nickname"], about["headimgurl"]) == (1, "", "")
    Phones(world).unfollow(resident).outcome.result(10)
    gone = api.get("user/info", openid=resident)
    assert gone == {"subscribe": 0, "openid": resident, "tagid_list": []}
    assert api.get("user/info", openid="oNobody")["errcode"] == 40003


def test_the_callback_comes_from_this_computer(api: Api) -> None:
    assert api.get("getcallbackip") == {"ip_list": ["127.0.0.1"]}
