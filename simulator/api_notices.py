"""Subscription notices, and lists of templates."""

from .api import OK, Body, Call, endpoint, object_field, text_field
from .chat import Shown
from .errors import ApiError
from .phone import Phones


@endpoint("POST", "cgi-bin/message/subscribe/bizsend", daily=100_000)
def subscription_send(call: Call) -> Body:
    body = call.json()
    user = call.world.users.find(text_field(body, "touser"))
    if user is None:
        raise ApiError(40003, "invalid openid")
    template = call.world.notices.template(body.get("template_id"), subscription=True)
    card = template.fill(object_field(body, "data"))
    call.world.notices.use_consent(user.openid, template)
    msgid = call.world.notices.number(user.openid, None)
    if not user.blocks_notices:
        url = text_field(body, "page") or None
        shown = Shown("template", f"{template.title}\n{card}", url, {"title": template.title})
        call.world.chat.add(user.openid, shown, sender="account", via="subscription")
    code, status = (1, "failed:user block") if user.blocks_notices else (0, "success")
    Phones(call.world).event(
        user.openid,
        "subscribe_msg_sent_event",
        [
            (
                "SubscribeMsgSentEvent",
                [
                    (
                        "List",
                        [
                            ("TemplateId", template.template_id),
                            ("MsgID", str(msgid)),
                            ("ErrorCode", code),
                            ("ErrorStatus", status),
                        ],
                    )
                ],
            )
        ],
    )
    return {**OK, "msgid": msgid}


@endpoint("GET", "cgi-bin/template/get_all_private_template", daily=1000)
def private_templates(call: Call) -> Body:
    return {
        "template_list": [
            {
                "template_id": each.template_id,
                "title": each.title,
                "primary_industry": "",
                "deputy_industry": "",
                "content": each.content,
                "example": "",
            }
            for each in call.world.notices.all()
            if each.kind == "template"
        ]
    }


@endpoint("GET", "wxaapi/newtmpl/gettemplate", daily=1000)
def subscription_templates(call: Call) -> Body:
    return {
        **OK,
        "data": [
            {
                "priTmplId": each.template_id,
                "title": each.title,
                "content": each.content,
                "example": "",
                "type": 3 if each.kind == "lasting" else 2,
            }
            for each in call.world.notices.all()
            if each.kind != "template"
        ],
    }
