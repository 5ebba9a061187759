"""A process that redeems, hands over and cancels until it is killed: `python -m … URL SEED`.

After each commit it says what was committed, in one line: what it said is acknowledged.
"""

import random
import sys
from uuid import UUID

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from points import fulfilment
from points.keys import Keys
from tests import factories
from tests.points.mall import give, redeem

KEYS = Keys.of("a secret of the writers, long enough for all of them")


def main(url: str, seed: int) -> None:
    chance = random.Random(seed)
    sessions = sessionmaker(create_engine(url), expire_on_commit=False)
    with sessions() as session:
        people = session.scalars(text("SELECT citizen_id FROM points_accounts")).all()
        item_id, site_id = session.execute(
            text("SELECT item_id, site_id FROM points_units LIMIT 1")
        ).one()
    while True:
        who = chance.choice(people)
        try:
            with sessions() as session, session.begin():
                said = _step(session, chance, who, item_id, site_id)
        except SQLAlchemyError:
            sys.exit(0)  # the database is gone
        print(said, flush=True)  # noqa: T201  # this is how it acknowledges


def _step(session: Session, chance: random.Random, who: int, item_id: int, site_id: int) -> str:
    """Do one thing; return what to say once it is committed."""
    answer = redeem(session, who, item_id, KEYS, site_id=site_id)
    if answer.redemption_id is None:
        return f"given {give(session, who, 200)}"
    return f"{_end(session, chance, who, answer.redemption_id)} {answer.redemption_id}"


def _end(session: Session, chance: random.Random, who: int, made: UUID) -> str:
    if chance.random() < 0.5:
        return "ready"
    fulfilment.cancel(session, redemption_id=made, citizen_id=who, request_key=factories.key())
    return "cancelled"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
