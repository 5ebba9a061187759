"""Signs for tests, around one corner of 观音桥."""

import itertools
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kernel import clock
from qr import service
from qr.models import Plate
from qr.rules import SiteKind
from qr.service import Deed, Place
from tests import factories

HERE = (29.5745, 106.5300)  # WGS-84
WECHAT = "Mozilla/5.0 (iPhone) AppleWebKit/605 Mobile MicroMessenger/8.0.50"
ALIPAY = "Mozilla/5.0 (Linux) AppleWebKit/537 Mobile AlipayClient/10.5"
BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126 Mobile"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Planted:
    site_id: int
    number: str
    code: str
    plate_id: int


def a_sign(
    session: Session,
    name: str = "观音桥步行街路口",
    *,
    north_m: float = 0.0,
    number: str | None = None,
    begins: str = "adopt",
    is_demo: bool = False,
) -> Planted:
    """Register a sign so many metres north of HERE, with a plate that hangs unless told otherwise."""
    number = number or f"T-{next(_numbers):04}"
    site_id = service.add_site(
        session,
        Place(
            number=number,
            name=name,
            kind=SiteKind.CROSSROADS,
            latitude=HERE[0] + north_m / 110_852,
            longitude=HERE[1],
            is_demo=is_demo,
        ),
    )
    code = service.issue_code(session, site_id)
    plate_id = service.plan_plate(session, code, begins=begins)
    session.commit()
    return Planted(site_id, number, code, plate_id)


def plate_of(session: Session, plate_id: int) -> Plate:
    session.expire_all()
    return session.scalars(select(Plate).where(Plate.id == plate_id)).one()


def do(session: Session, plate_id: int, name: str, **changed: object) -> None:
    """Do something to a plate with all that it needs, as it is now."""
    given: dict[str, object] = {
        "name": name,
        "staff_id": changed.pop("staff_id", None) or factories.a_member_of_staff(session),
        "request_key": factories.key(),
        "seen_version": plate_of(session, plate_id).version,
        "note": "已看过现场",
        "photo": factories.a_picture().jpeg,
        **changed,
    }
    service.move(session, plate_id, Deed(**given))  # type: ignore[arg-type]  # as given
    session.commit()


def scanned(session: Session, code: str, days_ago: int, count: int, hour: int = 12) -> None:
    """Write down scans in WeChat so many days ago, at noon unless told otherwise."""
    session.execute(
        text(
            "INSERT INTO qr_scans (code, day, hour, client, scans)"
            " VALUES (:code, :day, :hour, 'wechat', :scans)"
        ),
        {
            "code": code,
            "day": clock.city_day(clock.now()) - timedelta(days=days_ago),
            "hour": hour,
            "scans": count,
        },
    )
