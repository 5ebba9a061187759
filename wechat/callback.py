"""A delivery of the platform: who it is from, what it says, and our sealed answer. Nothing of HTTP."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel import clock

from . import checking, service
from .codec import Codec
from .errors import Forged, Malformed
from .handlers import House
from .service import Unavailable

log = logging.getLogger(__name__)

KIND = "application/xml; charset=utf-8"


@dataclass(frozen=True)
class Door:
    """What is needed to answer the platform; made once a process."""

    codec: Codec
    house: House
    allowed: tuple[checking.Network, ...] = ()


def receive(
    door: Door, query: Mapping[str, Sequence[str]], body: bytes, sender: str | None
) -> tuple[int, bytes]:
    """Take one delivery; return HTTP's status and the body of the answer.

    An empty body with 200 says: received, nothing to say. After 503 the platform delivers again.
    """
    if not checking.is_let_in(sender, door.allowed):
        return refused(Forged("address")), b""
    now = int(clock.now().timestamp())
    try:
        message = door.codec.decode(query, body, now=now)
    except (Malformed, Forged) as refusal:
        return refused(refusal), b""
    try:
        reply = service.accept(message, door.house)
    except Unavailable:
        # Not acknowledged: the platform delivers the message again.
        log.error("nothing can be stored; the platform is asked to come again")  # noqa: TRY400  # one line is enough
        return 503, b""
    return 200, door.codec.encode(reply, to=message, now=int(clock.now().timestamp()))


def refused(refusal: Malformed | Forged) -> int:
    """Note why, and return the status."""
    log.warning("delivery refused: %s", refusal.reason)
    return 403 if isinstance(refusal, Forged) else 400
