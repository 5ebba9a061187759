"""For our own pages in WeChat's browser: the JS-SDK's signature."""

import secrets

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field

from accounts.access import public
from kernel import clock
from kernel.errors import Invalid, NotFound, Refusal
from kernel.openapi import Parameter, operation
from kernel.web import settings

from . import client, js_sdk
from .client import PlatformError

blueprint = Blueprint("wechat_api", __name__, url_prefix="/api/v1/wechat")


class NotOurPage(Invalid):
    code = "not_our_page"
    sentence = "只能为本网站的页面签名，请检查参数 url。"


class JsSdkOff(NotFound):
    code = "js_sdk_off"
    sentence = "这里没有启用微信 JS-SDK。"


class PlatformAway(Refusal):
    code = "platform_busy"
    sentence = "微信现在有点忙，请稍后再试。"


class JsSignature(BaseModel):
    """What `wx.config` takes."""

    app_id: str = Field(alias="appId")
    timestamp: int = Field(description="seconds")
    nonce: str = Field(alias="nonceStr")
    signature: str = Field(description="SHA-1, hexadecimal")


@blueprint.get("/js-signature")
@public
@operation(
    "Sign the address of one of our pages for WeChat's JS-SDK",
    JsSignature,
    query={
        "url": Parameter(
            "the page's address; what follows # is left out", {"type": "string"}, is_required=True
        )
    },
    errors=(404, 409, 422),
)
def js_signature() -> Response:
    """Sign for pages under the public address only: a signature speaks in the account's name."""
    if not settings().wechat_js_sdk:
        raise JsSdkOff
    given = request.args.getlist("url")
    url = js_sdk.own_url(given[0], settings().public_url) if len(given) == 1 else None
    if url is None:
        raise NotOurPage
    try:
        ticket = client.current().js_ticket()
    except PlatformError as trouble:
        raise PlatformAway from trouble
    nonce, now = secrets.token_urlsafe(12), int(clock.now().timestamp())
    signed = js_sdk.signature(ticket=ticket, nonce=nonce, timestamp=now, url=url)
    made = JsSignature(
        appId=settings().wechat_app_id, timestamp=now, nonceStr=nonce, signature=signed
    )
    return jsonify(made.model_dump(by_alias=True))
