"""/exchange/soap: where the other platform calls us, in the dialect of `soap`."""

import logging

from flask import Blueprint, Response, request

from accounts.access import for_programs
from kernel.database import transaction
from kernel.errors import NotFound, Refusal
from kernel.web import body_limit

from . import filing, gateway, keys, soap
from .rules import Scope
from .xmldoc import LARGEST, NotOurs

log = logging.getLogger(__name__)

blueprint = Blueprint("exchange_api", __name__, url_prefix="/exchange")

# Codes of ours: the dialect knows 0 for well, and anything else for not.
_MALFORMED, _FORBIDDEN, _UNKNOWN, _REFUSED = "1", "2", "3", "4"


@blueprint.post("/soap")
@body_limit(LARGEST)
@for_programs
def hear() -> Response:
    """Take a call: SPID is a key's name, SPPWD the key, which needs the scope `update`."""
    result = _heard(request.get_data())
    return Response(soap.answer(result), 200, content_type=soap.CONTENT_TYPE)


def _call(data: bytes) -> soap.Call:
    call = soap.read_call(data)
    if call.function not in gateway.TAKEN:
        raise NotOurs(f"不支持 {call.function[:40]}")
    return call


def _heard(data: bytes) -> soap.Result:
    try:
        call = _call(data)
        with transaction() as session:
            caller = keys.caller(session, call.password)
        key_id = caller.must(Scope.UPDATE)
        with transaction() as session:
            case_id = gateway.hear(session, call, said_by=caller.name)
            filing.fetch(session, key_id, case_id, filing.addresses_of(call.pictures))
    except NotOurs as wrong:
        return soap.Result(_MALFORMED, str(wrong))
    except NotFound as refusal:
        return soap.Result(_UNKNOWN, refusal.sentence)
    except Refusal as refusal:
        is_key = refusal.code in {"key_required", "out_of_scope"}
        return soap.Result(_FORBIDDEN if is_key else _REFUSED, refusal.sentence)
    log.info("%s of case %s", call.function, case_id)
    return soap.Result(soap.OK, "")
