"""Parametric QR codes."""

from io import BytesIO

import qrcode
from flask import Response

from .api import Body, Call, endpoint, object_field


@endpoint("POST", "cgi-bin/qrcode/create", daily=100_000)
def create(call: Call) -> Body:
    body = call.json()
    code = call.world.qrcodes.create(
        body.get("action_name"),
        object_field(body, "action_info").get("scene"),
        body.get("expire_seconds"),
    )
    answer: Body = {"ticket": code.ticket, "url": code.url}
    if code.expires_s is not None:
        answer["expire_seconds"] = code.expires_s
    return answer


@endpoint("GET", "cgi-bin/showqrcode", daily=1_000_000_000, needs_token=False)
def show(call: Call) -> Response:
    """Draw it, as mp.weixin.qq.com does: JPEG, or 404."""
    code = call.world.qrcodes.find(call.query("ticket"))
    if code is None:
        return Response("", 404)
    picture = BytesIO()
    qrcode.make(code.url).convert("RGB").save(picture, "JPEG")
    return Response(picture.getvalue(), content_type="image/jpg")
