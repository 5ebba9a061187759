"""The rules for the shape of a menu."""

import json

import pytest
from flask.testing import FlaskClient

from simulator.menu import Button

from .test_api import Api


def click(name: str = "上报", key: str = "REPORT") -> Button:
    return {"type": "click", "name": name, "key": key}


def view(url: str) -> Button:
    return {"type": "view", "name": "网页", "url": url}


def folder(*buttons: Button, name: str = "便民") -> Button:
    return {"name": name, "sub_button": list(buttons)}


@pytest.fixture
def api(client: FlaskClient) -> Api:
    return Api(client)


def test_a_menu_is_kept_and_given_back_and_deleted(api: Api) -> None:
    assert api.get("menu/get")["errcode"] == 46003
    menu = {"button": [click(), folder(view("http://127.0.0.1/"), click("帮助", "HELP"))]}
    assert api.post("menu/create", menu)["errcode"] == 0
    assert api.get("menu/get") == {"menu": menu}
    assert api.get("menu/delete")["errcode"] == 0
    assert api.get("menu/get")["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([click()] * 4, 40016),
        (["button"], 40016),
        ([click(name="")], 40018),
        ([click(name="上报城市问题")], 40018),  # 18 bytes
        ([click(key="")], 40019),
        ([click(key="k" * 129)], 40019),
        ([{"type": "sing", "name": "唱歌"}], 40017),
        ([{"name": "空"}], 40017),
        ([view("")], 40020),
        ([view("ftp://example.org")], 40020),
        ([view("http://127.0.0.1/" + "x" * 1024)], 40020),
        ([folder(*[click()] * 6)], 40023),
        ([folder(click(name="长" * 21))], 40025),
        ([folder(click(key=""))], 40026),
        ([folder(view("x"))], 40027),
        ([folder(folder(click()))], 40024),
    ],
)
def test_a_menu_that_breaks_a_rule_is_refused(api: Api, buttons: list[object], code: int) -> None:
    assert api.post("menu/create", {"button": buttons})["errcode"] == code
    assert api.get("menu/get")["errcode"] == 46003


def test_a_name_of_five_characters_just_fits(api: Api) -> None:
    assert api.post("menu/create", {"button": [click(name="上报五个字")]})["errcode"] == 0


def test_escaped_characters_are_refused(api: Api) -> None:
    body = json.dumps({"button": [click()]}, ensure_ascii=True).encode()
    assert api.post("menu/create", body)["errcode"] == 40033
