"""Access tokens, and the addresses that the platform pushes from."""

from .api import Body, Call, endpoint, text_field
from .errors import ApiError


@endpoint("GET", "cgi-bin/token", daily=2000, needs_token=False)
def token(call: Call) -> Body:
    _check_account(call, call.query("grant_type"), call.query("appid"), call.query("secret"))
    value, expires_in = call.world.tokens.fresh()
    return {"access_token": value, "expires_in": expires_in}


@endpoint("POST", "cgi-bin/stable_token", daily=500_000, needs_token=False)
def stable_token(call: Call) -> Body:
    body = call.json()
    given = (text_field(body, name) for name in ("grant_type", "appid", "secret"))
    _check_account(call, *given)
    value, expires_in = call.world.tokens.stable(force=body.get("force_refresh") is True)
    return {"access_token": value, "expires_in": expires_in}


def _check_account(call: Call, grant_type: str, app_id: str, secret: str) -> None:
    if grant_type != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    if not app_id:
        raise ApiError(41002, "appid missing")
    if app_id != call.world.config.app_id:
        raise ApiError(40013, "invalid appid")
    if not secret:
        raise ApiError(41004, "appsecret missing")
    if secret != call.world.config.app_secret:
        raise ApiError(40125, "invalid appsecret")


@endpoint("GET", "cgi-bin/ticket/getticket", daily=1_000_000)
def ticket(call: Call) -> Body:
    kind = call.query("type")
    if kind not in ("jsapi", "wx_card"):
        raise ApiError(40097, "invalid args")
    value, expires_in = call.world.tokens.ticket(kind)
    return {"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": expires_in}


@endpoint("GET", "cgi-bin/get_api_domain_ip", daily=100_000)
def api_addresses(_call: Call) -> Body:
    return {"ip_list": ["127.0.0.1"]}


@endpoint("GET", "cgi-bin/getcallbackip", daily=100_000)
def callback_addresses(_call: Call) -> Body:
    return {"ip_list": ["127.0.0.1"]}
