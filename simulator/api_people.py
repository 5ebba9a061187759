"""Followers: lists, tags, remarks; and the account's quotas."""

from .api import ENDPOINTS, OK, Body, Call, endpoint, object_field, text_field
from .api_account import about
from .errors import ApiError
from .users import User

PAGE = 10_000
BATCH = 100
_LONGEST_TAG = 30
_LONGEST_REMARK = 30
_FIRST_TAG = 100  # the platform keeps the numbers below for itself


@endpoint("GET", "cgi-bin/user/get", daily=500)
def followers(call: Call) -> Body:
    every = [user.openid for user in call.world.users.all() if user.follows]
    after = call.query("next_openid")
    if after and after not in every:
        raise ApiError(40003, "invalid openid")
    page = every[every.index(after) + 1 if after else 0 :][:PAGE]
    answer: Body = {
        "total": len(every),
        "count": len(page),
        "next_openid": page[-1] if page else "",
    }
    if page:  # absent when there is nobody
        answer["data"] = {"openid": page}
    return answer


@endpoint("POST", "cgi-bin/user/info/batchget", daily=500_000)
def several(call: Call) -> Body:
    given = call.json().get("user_list")
    asked = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    if not asked or len(asked) > BATCH:
        raise ApiError(40032, "invalid openid list size")
    return {"user_info_list": [about(call, _follower(call, each)) for each in asked]}


@endpoint("POST", "cgi-bin/user/info/updateremark", daily=10_000)
def remark(call: Call) -> Body:
    body = call.json()
    _follower(call, body)
    if len(text_field(body, "remark").encode()) > _LONGEST_REMARK:
        raise ApiError(40004, "invalid remark")
    return OK


def _follower(call: Call, body: Body) -> User:
    user = call.world.users.find(text_field(body, "openid"))
    if user is None:
        raise ApiError(40003, "invalid openid")
    return user


@endpoint("POST", "cgi-bin/tags/create", daily=1000)
def create_tag(call: Call) -> Body:
    name = text_field(object_field(call.json(), "tag"), "name")
    if not name or len(name.encode()) > _LONGEST_TAG:
        raise ApiError(45158, "tag name too long")
    tags = call.world.store.get("tags").split("\n") if call.world.store.get("tags") else []
    if name in tags:
        raise ApiError(45157, "invalid tag name")
    call.world.store.put("tags", "\n".join([*tags, name]))
    return {"tag": {"id": _FIRST_TAG + len(tags), "name": name}}


@endpoint("GET", "cgi-bin/tags/get", daily=1000)
def all_tags(call: Call) -> Body:
    tags = call.world.store.get("tags").split("\n") if call.world.store.get("tags") else []
    return {
        "tags": [
            {"id": _FIRST_TAG + number, "name": name, "count": 0}
            for number, name in enumerate(tags)
        ]
    }


@endpoint("POST", "cgi-bin/openapi/quota/get", daily=1_000_000_000)
def quota(call: Call) -> Body:
    path = text_field(call.json(), "cgi_path").strip("/")
    found = ENDPOINTS.get(path)
    if found is None:
        raise ApiError(76021, "cgi_path not found, please check")
    used = call.world.quotas.used(path)
    daily = call.world.quotas.limit(path, found.daily)
    figures = {"daily_limit": daily, "used": used, "remain": max(daily - used, 0)}
    return {**OK, "quota": figures}


@endpoint("POST", "cgi-bin/clear_quota", daily=1_000_000_000)
def clear_quota(call: Call) -> Body:
    if text_field(call.json(), "appid") != call.world.config.app_id:
        raise ApiError(40013, "invalid appid")
    call.world.quotas.clear()
    return OK


@endpoint("POST", "cgi-bin/clear_quota/v2", daily=1_000_000_000, needs_token=False)
def clear_quota_by_secret(call: Call) -> Body:
    """Work where no token is to be had, because its quota is what was used up."""
    config = call.world.config
    given = {**call.request.args, **(call.json() if call.request.get_data() else {})}
    if given.get("appid") != config.app_id:
        raise ApiError(40013, "invalid appid")
    if given.get("appsecret") != config.app_secret:
        raise ApiError(40125, "invalid appsecret")
    call.world.quotas.clear()
    return OK


@endpoint("POST", "cgi-bin/openapi/rid/get", daily=1_000_000_000)
def explain(call: Call) -> Body:
    row = call.world.store.one(
        "SELECT at, url, errmsg FROM rids WHERE rid = ?", text_field(call.json(), "rid")
    )
    if row is None:
        raise ApiError(76022, "invalid rid, please check")
    return {
        **OK,
        "request": {
            "invoke_time": int(row["at"]),
            "cost_in_ms": 1,
            "request_url": row["url"],
            "request_body": "",
            "response_body": row["errmsg"],
            "client_ip": "127.0.0.1",
        },
    }


@endpoint("POST", "cgi-bin/callback/check", daily=1000)
def check_network(call: Call) -> Body:
    if text_field(call.json(), "action") not in ("dns", "ping", "all"):
        raise ApiError(40097, "invalid args")
    return {"dns": [{"ip": "127.0.0.1", "real_operator": "DEFAULT"}], "ping": []}
