"""The code that a resident shows for goods that wait: it changes every minute.

A row keeps a seed (the MAC of random words), for as long as the resident looks at his page. The
code of a minute follows from seed, redemption and minute with a key that the database does not
have, so that showing it writes nothing and two open pages show the same. The minute before counts
too: nobody is quicker than the page. Five wrong codes lock the seed until the resident asks for
another.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from kernel import clock

from .errors import CodeLocked, WrongCode
from .keys import Keys
from .models import PickupCode

TRIES = 5
CODE_LIFE = timedelta(minutes=30)  # after the resident last looked at the page
STEP = timedelta(seconds=60)  # how long a code is shown; it opens for twice as long at most
_DIGITS = 8


@dataclass(frozen=True)
class Pickup:
    """The code of the moment; `words` go into the QR code, people may type number and code."""

    no: int
    code: str
    valid_until: datetime

    @property
    def words(self) -> str:
        return f"BX1:{self.no}:{self.code}"


@dataclass(frozen=True)
class HandOver:
    """What an attempt to hand over came to. A wrong code is returned, because it is counted."""

    refusal: str | None = None
    tries_left: int | None = None

    def check(self) -> None:
        """Raise the refusal, if there is one; the edge commits first."""
        if self.refusal is not None:
            raise {WrongCode.code: WrongCode, CodeLocked.code: CodeLocked}[self.refusal]


def show(session: Session, redemption_id: UUID, no: int, keys: Keys, *, is_fresh: bool) -> Pickup:
    """Return the code of this minute; with `is_fresh` of a new seed, which has all its tries.

    The caller holds the redemption. Raises CodeLocked after five wrong codes.
    """
    now = clock.now()
    kept = session.get(PickupCode, redemption_id, with_for_update=True, populate_existing=True)
    if kept is None or is_fresh or kept.valid_until < now:
        kept = _sow(session, redemption_id, keys)
    elif kept.tries_left == 0:
        raise CodeLocked
    elif kept.valid_until < now + CODE_LIFE / 2:
        kept.valid_until = now + CODE_LIFE
        session.flush()
    step = _step(now)
    ends = datetime.fromtimestamp((step + 2) * STEP.total_seconds(), UTC)
    return Pickup(no, _code(keys, redemption_id, kept.mac, step), ends)


def _sow(session: Session, redemption_id: UUID, keys: Keys) -> PickupCode:
    values = {
        "mac": keys.mac("pickup", str(redemption_id), secrets.token_hex(16)),
        "valid_until": clock.now() + CODE_LIFE,
        "tries_left": TRIES,
    }
    session.execute(
        upsert(PickupCode)
        .values(redemption_id=redemption_id, **values)
        .on_conflict_do_update(index_elements=["redemption_id"], set_=values)
    )
    return session.get_one(PickupCode, redemption_id, populate_existing=True)


def _step(instant: datetime) -> int:
    return int(instant.timestamp() // STEP.total_seconds())


def _code(keys: Keys, redemption_id: UUID, seed: bytes, step: int) -> str:
    mac = keys.mac("pickup code", str(redemption_id), seed.hex(), str(step))
    return f"{int.from_bytes(mac[:8], 'big') % 10**_DIGITS:0{_DIGITS}}"


def try_code(session: Session, redemption_id: UUID, code: str, keys: Keys) -> HandOver:
    """Compare a code with that of this minute and of the one before; a right one is used up."""
    kept = session.get(PickupCode, redemption_id, with_for_update=True, populate_existing=True)
    now = clock.now()
    if kept is None or kept.valid_until < now:
        return HandOver(WrongCode.code, None)
    if kept.tries_left == 0:
        return HandOver(CodeLocked.code, 0)
    typed = "".join(code.split()).encode()
    right = [
        _code(keys, redemption_id, kept.mac, step).encode() for step in (_step(now), _step(now) - 1)
    ]
    if not any(hmac.compare_digest(typed, each) for each in right):
        kept.tries_left -= 1
        session.flush()
        return HandOver(WrongCode.code, kept.tries_left)
    session.delete(kept)
    return HandOver()
