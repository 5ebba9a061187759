"""A resident, what he redeemed, and somebody at the desk."""

from sqlalchemy.orm import Session

from points import fulfilment
from points.keys import Keys
from points.models import Redemption
from points.pickup import HandOver, Pickup
from tests import factories
from tests.points.mall import balance, goods, one, redeem, rich_citizen


class Case:
    """A resident, what he redeemed, and somebody at the desk."""

    def __init__(self, session: Session, keys: Keys, **terms: object) -> None:
        self.session, self.keys = session, keys
        self.citizen_id = rich_citizen(session)
        self.staff_id = factories.a_member_of_staff(session)
        self.item_id, self.site_id = goods(session, **terms)  # type: ignore[arg-type]  # terms
        self.id = redeem(session, self.citizen_id, self.item_id, keys, site_id=self.site_id).check()
        self.no = session.get_one(Redemption, self.id).no

    @property
    def status(self) -> str:
        return self.session.get_one(Redemption, self.id).status

    @property
    def balance(self) -> tuple[int, int]:
        return balance(self.session, self.citizen_id)

    def pickup(self) -> Pickup:
        return fulfilment.rotate_pickup(
            self.session, redemption_id=self.id, citizen_id=self.citizen_id, keys=self.keys
        )

    def hand_over(
        self, code: str, *, key: str | None = None, site_id: int | None = None
    ) -> HandOver:
        return fulfilment.hand_over(
            self.session,
            no=self.no,
            code=code,
            staff_id=self.staff_id,
            request_key=key or factories.key(),
            keys=self.keys,
            site_id=site_id,
        )

    def cancel(self, key: str | None = None) -> None:
        fulfilment.cancel(
            self.session,
            redemption_id=self.id,
            citizen_id=self.citizen_id,
            request_key=key or factories.key(),
        )

    def approve(self) -> None:
        fulfilment.approve(
            self.session,
            redemption_id=self.id,
            staff_id=self.staff_id,
            request_key=factories.key(),
        )

    def refuse(self, note: str = "缺货", *, key: str | None = None) -> None:
        fulfilment.refuse(
            self.session,
            redemption_id=self.id,
            staff_id=self.staff_id,
            note=note,
            request_key=key or factories.key(),
        )

    def free_units(self) -> object:
        return one(
            self.session,
            "SELECT count(*) FROM points_units WHERE item_id = :i AND is_free",
            i=self.item_id,
        )
