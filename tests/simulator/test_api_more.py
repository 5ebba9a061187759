"""Subscription notices, codes, tickets, followers, quotas, rids: the rest of the API half."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from simulator.config import Config
from simulator.notices import Template
from simulator.phone import Phones
from simulator.world import World

from .account import APP_ID, APP_SECRET, TEMPLATE_ID, Account, Reply
from .test_api import DATA, Api, read
from .test_pusher import follower, outcome

ONCE, LASTING = "once-template", "lasting-template"
HEADERS = {"X-Simulator": "1"}


@pytest.fixture
def api(client: FlaskClient) -> Api:
    return Api(client)


@pytest.fixture
def templates(world: World) -> World:
    for name in (ONCE, LASTING):
        kind = "once" if name == ONCE else "lasting"
        world.notices.define(Template(name, "进度", "说明：{{thing4.DATA}}", kind))
    return world


def notify(api: Api, openid: str, template: str = ONCE) -> dict[str, Any]:
    body = {"touser": openid, "template_id": template, "page": "http://c.test/r", "data": DATA}
    return api.post("message/subscribe/bizsend", body)


def test_a_consent_is_good_for_one_notice(api: Api, templates: World, account: Account) -> None:
    openid, phones = follower(templates), Phones(templates)
    assert notify(api, openid)["errcode"] == 43101
    outcome(phones.consent(openid, ONCE, is_given=True))
    assert notify(api, openid)["errcode"] == 0
    assert notify(api, openid)["errcode"] == 43101
    shown = templates.chat.screen(openid)[-1]
    assert (shown["via"], shown["url"]) == ("subscription", "http://c.test/r")


def test_a_lasting_consent_is_good_until_it_is_withdrawn(api: Api, templates: World) -> None:
    openid, phones = follower(templates), Phones(templates)
    outcome(phones.consent(openid, LASTING, is_given=True))
    assert [notify(api, openid, LASTING)["errcode"] for _ in range(3)] == [0, 0, 0]
    outcome(phones.consent(openid, LASTING, is_given=False, by_switch=True))
    assert notify(api, openid, LASTING)["errcode"] == 43101


def test_choices_and_sending_are_told_as_events(
    api: Api,
    templates: World,
    account: Account,
) -> None:
    openid, phones = follower(templates), Phones(templates)
    outcome(phones.consent(openid, ONCE, is_given=True))
    outcome(phones.consent(openid, ONCE, is_given=False, by_switch=True))
    names = [each.leaf("Event") for each in account.messages]
    assert names[-2:] == ["subscribe_msg_popup_event", "subscribe_msg_change_event"]
    choice = account.messages[-2].only("SubscribeMsgPopupEvent").only("List")
    assert (choice.leaf("TemplateId"), choice.leaf("SubscribeStatusString")) == (ONCE, "accept")


def test_refusing_once_takes_no_earlier_consent_back(api: Api, templates: World) -> None:
    openid, phones = follower(templates), Phones(templates)
    outcome(phones.consent(openid, ONCE, is_given=True))
    outcome(phones.consent(openid, ONCE, is_given=False))
    assert notify(api, openid)["errcode"] == 0


def test_ids_of_the_two_sorts_are_not_interchangeable(api: Api, templates: World) -> None:
    assert notify(api, follower(templates), TEMPLATE_ID)["errcode"] == 40037
    listed = api.get("template/get_all_private_template")["template_list"]
    assert [each["template_id"] for each in listed] == [TEMPLATE_ID]
    answer = api.client.get("/wxaapi/newtmpl/gettemplate", query_string={"access_token": api.token})
    kinds = {each["priTmplId"]: each["type"] for each in read(answer)["data"]}
    assert kinds == {ONCE: 2, LASTING: 3}


def code(action: str, **scene: object) -> dict[str, object]:
    return {"action_name": action, "action_info": {"scene": scene}}


def test_a_code_is_scanned_and_tells_its_scene(
    api: Api,
    world: World,
    account: Account,
    client: FlaskClient,
) -> None:
    made = api.post("qrcode/create", code("QR_LIMIT_STR_SCENE", scene_str="AB12"))
    assert set(made) == {"ticket", "url"}
    picture = api.raw("showqrcode", ticket=made["ticket"])
    assert picture.content_type == "image/jpg"
    answer = client.post(
        f"/__sim__/users/{follower(world)}/scan", json={"code": made["url"]}, headers=HEADERS
    )
    assert answer.status_code == 200
    assert account.messages[-1].leaf("EventKey") == "AB12"


def test_a_temporary_code_ends(api: Api, world: World, client: FlaskClient) -> None:
    made = api.post("qrcode/create", {**code("QR_SCENE", scene_id=7), "expire_seconds": 99})
    assert made["expire_seconds"] == 99
    world.clock.set(offset_s=100)
    assert api.raw("showqrcode", ticket=made["ticket"]).status_code == 404
    answer = client.post(
        f"/__sim__/users/{follower(world)}/scan", json={"code": made["url"]}, headers=HEADERS
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        code("QR_LIMIT_STR_SCENE", scene_str=""),
        code("QR_LIMIT_STR_SCENE", scene_str="x" * 65),
        code("QR_LIMIT_SCENE", scene_id=0),
        code("QR_LIMIT_SCENE", scene_id=100_001),
        code("QR_SCENE", scene_id=2**32),
        code("QR_SCENE", scene_id=True),
        code("QR_STR_SCENE", scene_id=1),
        {"action_name": "QR_SCENE"},
    ],
)
def test_a_scene_that_does_not_fit_is_refused(api: Api, body: dict[str, object]) -> None:
    assert api.post("qrcode/create", body)["errcode"] == 40053


def test_a_ticket_is_the_same_until_it_nearly_ends(api: Api, world: World) -> None:
    first = api.get("ticket/getticket", type="jsapi")
    assert (first["errcode"], first["expires_in"]) == (0, 7200)
    assert api.get("ticket/getticket", type="jsapi")["ticket"] == first["ticket"]
    assert api.get("ticket/getticket", type="x")["errcode"] == 40097
    world.clock.set(offset_s=6901)
    assert api.get("ticket/getticket", type="jsapi")["ticket"] != first["ticket"]


def test_followers_are_listed_and_no_list_is_no_data(api: Api, world: World) -> None:
    assert api.get("user/get") == {"total": 0, "count": 0, "next_openid": ""}
    ids = [follower(world) for _ in range(3)]
    assert api.get("user/get")["data"]["openid"] == ids
    assert api.get("user/get", next_openid=ids[0])["data"]["openid"] == ids[1:]
    assert api.get("user/get", next_openid="nobody")["errcode"] == 40003
    asked = {"user_list": [{"openid": each} for each in ids]}
    several = api.post("user/info/batchget", asked)["user_info_list"]
    assert [each["subscribe"] for each in several] == [1, 1, 1]
    assert api.post("user/info/batchget", {"user_list": []})["errcode"] == 40032


def test_tags_and_remarks(api: Api, world: World) -> None:
    made = api.post("tags/create", {"tag": {"name": "志愿者"}})
    assert api.get("tags/get")["tags"] == [{**made["tag"], "count": 0}]
    assert api.post("tags/create", {"tag": {"name": "志愿者"}})["errcode"] == 45157
    body = {"openid": follower(world), "remark": "王"}
    assert api.post("user/info/updateremark", body)["errcode"] == 0


def test_quotas_are_told_ordered_and_cleared(api: Api, client: FlaskClient) -> None:
    client.post(
        "/__sim__/quotas", json={"endpoint": "cgi-bin/menu/get", "daily": 2}, headers=HEADERS
    )
    for _ in range(2):
        api.get("menu/get")
    asked = {"cgi_path": "/cgi-bin/menu/get"}
    assert api.post("openapi/quota/get", asked)["quota"] == {
        "daily_limit": 2,
        "used": 2,
        "remain": 0,
    }
    assert api.get("menu/get")["errcode"] == 45009
    assert api.post("clear_quota", {"appid": APP_ID})["errcode"] == 0
    assert api.get("menu/get")["errcode"] == 46003
    by_secret = {"appid": APP_ID, "appsecret": APP_SECRET}
    assert api.post("clear_quota/v2", by_secret, access_token="")["errcode"] == 0
    assert api.post("clear_quota/v2", {**by_secret, "appsecret": "x"})["errcode"] == 40125
    for _ in range(8):
        assert api.post("clear_quota", {"appid": APP_ID})["errcode"] == 0
    assert api.post("clear_quota", {"appid": APP_ID})["errcode"] == 48006
    assert api.post("openapi/quota/get", {"cgi_path": "/x"})["errcode"] == 76021


def test_a_rid_is_explained(api: Api) -> None:
    rid = api.get("menu/get")["errmsg"].rpartition("rid: ")[2]
    told = api.post("openapi/rid/get", {"rid": rid})["request"]
    assert told["request_url"] == "cgi-bin/menu/get"
    assert "access_token" not in str(told)
    assert api.post("openapi/rid/get", {"rid": "0-0-0"})["errcode"] == 76022


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("errcode", {"errcode": 50002}, 50002),
        ("busy", {}, -1),
        ("quota", {}, 45009),
    ],
)
def test_any_error_can_be_ordered(
    api: Api,
    client: FlaskClient,
    kind: str,
    more: dict[str, int],
    expected: int,
) -> None:
    order = {"endpoint": "cgi-bin/menu/get", "kind": kind, **more}
    client.post("/__sim__/faults", json=order, headers=HEADERS)
    assert api.get("menu/get")["errcode"] == expected
    assert api.get("menu/get")["errcode"] == 46003


def test_an_odd_expiry_and_a_wrong_charset_can_be_ordered(
    api: Api,
    client: FlaskClient,
    world: World,
) -> None:
    order = {"endpoint": "cgi-bin/ticket/getticket", "kind": "odd_expiry"}
    client.post("/__sim__/faults", json=order, headers=HEADERS)
    assert api.get("ticket/getticket", type="jsapi")["expires_in"] == "7200s"
    world.menu.set({"button": [{"type": "click", "name": "上报", "key": "R"}]})
    order = {"endpoint": "cgi-bin/menu/get", "kind": "charset"}
    client.post("/__sim__/faults", json=order, headers=HEADERS)
    assert "上报".encode("gbk") in api.raw("menu/get").data


def test_a_retry_may_be_the_same_envelope(config: Config, account: Account) -> None:
    for same in (True, False):
        account.forget()
        account.answers = lambda _: Reply(b"", 500)
        world = World(replace(config, retries_same=same, data_dir=config.data_dir / str(same)))
        outcome(Phones(world).say(follower(world), "你好"))
        world.close()
        texts = [each for each in account.received if each.method == "POST"][-3:]
        assert len({each.body for each in texts}) == (1 if same else 3)


def test_the_menu_in_force_is_told_in_its_own_shape(api: Api, world: World) -> None:
    assert api.get("get_current_selfmenu_info")["is_menu_open"] == 0
    button = {"name": "更多", "sub_button": [{"type": "click", "name": "帮助", "key": "H"}]}
    world.menu.set({"button": [button]})
    told = api.get("get_current_selfmenu_info")["selfmenu_info"]["button"]
    assert told == [{"name": "更多", "sub_button": {"list": button["sub_button"]}}]


def test_a_video_is_given_as_an_address_and_a_voice_as_bytes(api: Api, world: World) -> None:
    phones, openid = Phones(world), follower(world)
    outcome(phones.send_recording(openid, b"#!AMR\nabc"))
    outcome(phones.send_recording(openid, b"\x00\x00\x00\x18ftypmp42", kind="shortvideo"))
    voice, video = (m["media_id"] for m in world.chat.screen(openid)[-2:])
    assert api.raw("media/get", media_id=str(voice)).data == b"#!AMR\nabc"
    assert api.raw("media/get/jssdk", media_id=str(voice)).data == b"#!AMR\nabc"
    assert "video_url" in api.get("media/get", media_id=str(video))
    assert api.get("media/get/jssdk", media_id=str(video))["errcode"] == 40007
