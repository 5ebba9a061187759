"""The menu, and what the platform tells of a follower."""

import re

from .api import OK, Body, Call, endpoint
from .errors import ApiError
from .users import User

_ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}")


@endpoint("POST", "cgi-bin/menu/create", daily=1000)
def menu_create(call: Call) -> Body:
    tree = call.json()
    if _ESCAPED.search(call.request.get_data()):
        raise ApiError(
            40033,
            "invalid charset. please check your request, if include \\uxxxx will create fail!",
        )
    call.world.menu.set(tree)
    return OK


@endpoint("GET", "cgi-bin/menu/get", daily=10_000)
def menu_get(call: Call) -> Body:
    tree = call.world.menu.get()
    if tree is None:
        raise ApiError(46003, "menu no exist")
    return {"menu": tree}


@endpoint("GET", "cgi-bin/menu/delete", daily=1000)
def menu_delete(call: Call) -> Body:
    call.world.menu.delete()
    return OK


@endpoint("GET", "cgi-bin/get_current_selfmenu_info", daily=10_000)
def menu_in_force(call: Call) -> Body:
    tree = call.world.menu.get()
    if tree is None:
        return {"is_menu_open": 0, "selfmenu_info": {"button": []}}
    given = tree.get("button")
    buttons = [
        {
            **{name: value for name, value in button.items() if name != "sub_button"},
            **({"sub_button": {"list": button["sub_button"]}} if button.get("sub_button") else {}),
        }
        for button in (given if isinstance(given, list) else [])
    ]
    return {"is_menu_open": 1, "selfmenu_info": {"button": buttons}}


@endpoint("GET", "cgi-bin/user/info", daily=5_000_000)
def user_info(call: Call) -> Body:
    user = call.world.users.find(call.query("openid"))
    if user is None:
        raise ApiError(40003, "invalid openid")
    return about(call, user)


def about(call: Call, user: User) -> Body:
    """Say what the platform tells of a follower, or that he is none."""
    if not user.follows:
        return {"subscribe": 0, "openid": user.openid, "tagid_list": []}
    scene = user.scene or ""
    return {
        "subscribe": 1,
        "openid": user.openid,
        # Nicknames and portraits have not been given since 2021-12-27.
        "nickname": "",
        "sex": 0,
        "language": call.query("lang") or "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": int(user.followed_at or 0),
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH",
        "qr_scene": int(scene) if scene.isascii() and scene.isdecimal() else 0,
        "qr_scene_str": "" if scene.isascii() and scene.isdecimal() else scene,
    }
