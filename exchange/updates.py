"""What other systems say of cases (service_request_updates): kept with the case, moving nothing.

A case is moved by somebody at the desk, who answers for it with his name and a photo; what a client
says is put before his eyes.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import cases

from . import reading, rules
from .errors import Malformed
from .keys import Caller
from .models import Update
from .rules import Scope


def say(session: Session, caller: Caller, said: Mapping[str, str]) -> str:
    """Keep what a client says of a case, and return our number of it; the same again is once.

    Raises KeyRequired, OutOfScope, Malformed, UnknownRequest, TooMuchAdded.
    """
    key_id = caller.must(Scope.UPDATE)
    update_id, number = said.get("update_id", "").strip(), said.get("service_request_id", "")
    if not 1 <= len(update_id) <= 200 or not update_id.isprintable():
        raise Malformed("缺少 update_id，或超过 200 个字符。")
    status = rules.printable(said.get("status", "")).strip()[:60]
    text = said.get("description", "").replace("\r\n", "\n").strip()
    if not text and not status:
        raise Malformed("缺少 description。")
    if len(text) > rules.LONGEST_DESCRIPTION:
        raise Malformed("description 最多 4000 个字符。")
    case_id = reading.must_see(session, caller, number)
    made = session.scalar(
        insert(Update)
        .values(key_id=key_id, update_id=update_id, case_id=case_id, status=status or None)
        .on_conflict_do_nothing()
        .returning(Update.id)
    )
    if made is None:
        mine = (Update.key_id == key_id, Update.update_id == update_id)
        return str(session.scalar(select(Update.id).where(*mine)))
    cases.add_from_elsewhere(
        session,
        case_id=case_id,
        said_by=caller.name,
        request_key=f"open311:update:{made}",
        text=f"（{status}）{text}" if status else text,
    )
    return str(made)
