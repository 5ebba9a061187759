"""sns/: what a page's code is exchanged for."""

from hashlib import sha256

from .api import Body, Call, endpoint
from .errors import ApiError
from .oauth import TOKEN_LIVES_S, Grant

# "Unlimited" in the platform's table.
_UNLIMITED = 1_000_000_000


@endpoint("GET", "sns/oauth2/access_token", daily=_UNLIMITED, needs_token=False)
def exchange(call: Call) -> Body:
    if not call.query("appid"):
        raise ApiError(41002, "appid missing")
    if call.query("appid") != call.world.config.app_id:
        raise ApiError(40013, "invalid appid")
    if not call.query("secret"):
        raise ApiError(41004, "appsecret missing")
    if call.query("secret") != call.world.config.app_secret:
        raise ApiError(40125, "invalid appsecret")
    if call.query("grant_type") != "authorization_code":
        raise ApiError(40002, "invalid grant_type")
    if not call.query("code"):
        raise ApiError(41008, "missing code")
    return _granted(call.world.oauth.redeem(call.query("code")))


@endpoint("GET", "sns/oauth2/refresh_token", daily=_UNLIMITED, needs_token=False)
def refresh(call: Call) -> Body:
    if call.query("appid") != call.world.config.app_id:
        raise ApiError(40013, "invalid appid")
    if call.query("grant_type") != "refresh_token":
        raise ApiError(40002, "invalid grant_type")
    return _granted(call.world.oauth.refresh(call.query("refresh_token")))


@endpoint("GET", "sns/userinfo", daily=_UNLIMITED, needs_token=False)
def user_info(call: Call) -> Body:
    grant = call.world.oauth.check(call.query("access_token"), call.query("openid"))
    if grant.scope != "snsapi_userinfo":
        raise ApiError(48001, "api unauthorized")
    return {
        "openid": grant.openid,
        "nickname": "微信用户",
        "sex": 0,
        "province": "",
        "city": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
        "unionid": _union_id(grant.openid),
    }


@endpoint("GET", "sns/auth", daily=_UNLIMITED, needs_token=False)
def check(call: Call) -> Body:
    call.world.oauth.check(call.query("access_token"), call.query("openid"))
    return {"errcode": 0, "errmsg": "ok"}


def _granted(grant: Grant) -> Body:
    answer: Body = {
        "access_token": grant.access_token,
        "expires_in": TOKEN_LIVES_S,
        "refresh_token": grant.refresh_token,
        "openid": grant.openid,
        "scope": grant.scope,
    }
    if grant.scope == "snsapi_userinfo":
        answer["unionid"] = _union_id(grant.openid)
    return answer


def _union_id(openid: str) -> str:
    return "u" + sha256(openid.encode()).hexdigest()[:27]
