"""What two may want at once."""

from sqlalchemy.orm import Session

from points.keys import Keys
from points.rules import Period
from tests import factories
from tests.points.mall import (
    goods,
    redeem,
    rich_citizen,
)
from tests.points.rivals import Make, Work


def redeems(
    keys: Keys, citizen_id: int, item_id: int, site_id: int, key: str | None = None
) -> Work:
    chosen = key or factories.key()
    return lambda s: redeem(s, citizen_id, item_id, keys, site_id=site_id, request_key=chosen)


def same_points_twice(keys: Keys) -> Make:
    def make(session: Session) -> tuple[Work, Work]:
        citizen_id, (item_id, site_id) = rich_citizen(session, 150), goods(session)
        return (
            redeems(keys, citizen_id, item_id, site_id),
            redeems(keys, citizen_id, item_id, site_id),
        )

    return make


def last_one_twice(keys: Keys) -> Make:
    def make(session: Session) -> tuple[Work, Work]:
        item_id, site_id = goods(session, stock=1)
        return (
            redeems(keys, rich_citizen(session), item_id, site_id),
            redeems(keys, rich_citizen(session), item_id, site_id),
        )

    return make


def same_request_twice(keys: Keys) -> Make:
    def make(session: Session) -> tuple[Work, Work]:
        citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
        work = redeems(keys, citizen_id, item_id, site_id, factories.key())
        return work, work

    return make


def one_a_month_twice(keys: Keys) -> Make:
    def make(session: Session) -> tuple[Work, Work]:
        citizen_id = rich_citizen(session)
        item_id, site_id = goods(session, limit_count=1, limit_period=Period.MONTH)
        return (
            redeems(keys, citizen_id, item_id, site_id),
            redeems(keys, citizen_id, item_id, site_id),
        )

    return make
