"""Every sentence about other systems that a person, or a program's operator, may meet."""

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class KeyRequired(Forbidden):
    code = "key_required"
    sentence = "这个操作需要有效的 api_key，请联系管理员申请。"


class OutOfScope(Forbidden):
    code = "out_of_scope"
    sentence = "这个 api_key 没有这项权限，请联系管理员。"


class TooFast(TooMany):
    code = "too_fast"
    sentence = "请求太频繁了，请一分钟后再试。"


class Malformed(Invalid):
    code = "malformed"
    sentence = "参数有误，请对照接口说明检查。"


class UnknownService(NotFound):
    code = "unknown_service"
    sentence = "没有这个 service_code，请先查询 services。"


class UnknownJurisdiction(NotFound):
    code = "unknown_jurisdiction"
    sentence = "没有这个 jurisdiction_id。"


class UnknownRequest(NotFound):
    code = "unknown_request"
    sentence = "没有找到这个 service_request_id。"


class ReferenceReused(Conflict):
    code = "reference_reused"
    sentence = "这个 Idempotency-Key 已经用于另一件内容不同的上报，请换一个。"


class NameTaken(Conflict):
    code = "name_taken"
    sentence = "这个名称已经有了，请换一个。"


class BadName(Invalid):
    code = "bad_name"
    sentence = "名称 1 到 60 个字。"


class BadKey(Invalid):
    code = "bad_key"
    sentence = "请至少选一项权限、选一个来源；密钥至少 20 个字符。"


class NoSuchKey(NotFound):
    code = "no_such_key"
    sentence = "没有这个密钥，请刷新页面。"


class BadAddress(Invalid):
    code = "bad_address"
    sentence = "这个地址不能用，请核对。"


class NothingToTell(Invalid):
    code = "nothing_to_tell"
    sentence = "请至少选一种事件。"


class NoSuchHook(NotFound):
    code = "no_such_hook"
    sentence = "没有这个订阅，请刷新页面。"
