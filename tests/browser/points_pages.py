"""Points in all the states that pages show, and the addresses of those pages."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import BrowserContext
from sqlalchemy.orm import Session, sessionmaker

import accounts
import points
from kernel import blobs, clock
from points import adjustments, catalogue, fulfilment, redemption, references
from points import keys as keyring
from points.models import Redemption
from points.rules import Period, Sort
from tests import factories
from tests.points.mall import a_site, an_item, award, give

RESIDENT_COOKIE = "bx_me"


@dataclass
class Mall:
    """One resident with everything, another with a frozen account, and what they redeemed."""

    resident: int
    frozen: int
    operator: int
    items: dict[str, int]
    site: int
    redemptions: dict[str, str]
    numbers: dict[str, int]


def furnish(sessions: sessionmaker[Session], staff_id: int) -> Mall:
    """Fill the mall; commit."""
    with sessions.begin() as session:
        return _fill(session, staff_id)


def _fill(session: Session, staff_id: int) -> Mall:
    today = clock.city_day(clock.now())
    resident = factories.a_citizen(session)
    give(session, resident, 2000)
    give(session, resident, 35, expires_on=today + timedelta(days=20))
    award(session, resident, 9001)
    award(session, resident, 9002)
    site = a_site(session, "观音桥街道便民服务中心一楼大厅")
    catalogue.change_site(
        session,
        site_id=site,
        name="观音桥街道便民服务中心一楼大厅",
        address="建新东路3号附1号，公交观音桥站下车往前两百米" * 2,
        hours="周一至周五 9:00–12:00、14:00–17:30，节假日休息",
        is_active=True,
    )
    picture = blobs.store().put(factories.image_bytes((640, 480)), "jpg")
    items = {
        "goods": an_item(
            session,
            name="加厚搪瓷杯，印着「百姓城管」四个字，可以装热水",
            site_id=site,
            stock=7,
            picture_key=picture,
            description="容量 500 毫升。\n白底蓝边。",
            terms="一人一只，先到先得。\n领取时请检查，当面有破损可以换。",
            limit_count=3,
            limit_period=Period.MONTH,
        ),
        "none": an_item(session, name="雨伞", site_id=site, stock=0),
        "dear": an_item(session, name="电饭煲", site_id=site, price=9000),
        "early": an_item(
            session, name="月饼券", site_id=site, opens_at=clock.now() + timedelta(days=9)
        ),
        "voucher": an_item(
            session, name="超市券 10 元", sort=Sort.VOUCHER, keys=keyring.current(), price=80
        ),
        "credit": an_item(session, name="话费 10 元", sort=Sort.CREDIT, worth_fen=1000, price=120),
        "donation": an_item(session, name="给环卫工人送水", sort=Sort.DONATION, price=5),
        "asked": an_item(session, name="志愿者马甲", site_id=site, needs_approval=True, price=50),
    }
    made: dict[str, str] = {}
    for name, item, phone in (
        ("ready", "goods", None),
        ("locked", "goods", None),
        ("requested", "asked", None),
        ("refused", "asked", None),
        ("cancelled", "voucher", None),
        ("voucher", "voucher", None),
        ("opened", "voucher", None),
        ("credit", "credit", "13800000000"),
        ("donated", "donation", None),
    ):
        answer = redemption.redeem(
            session,
            citizen_id=resident,
            item_id=items[item],
            seen_version=1,
            request_key=factories.key(),
            keys=keyring.current(),
            site_id=site if item in {"goods", "asked"} else None,
            phone=phone,
        )
        made[name] = str(answer.check())
    numbers = {str(row.id): row.no for row in session.query(Redemption)}
    named = {name: numbers[each] for name, each in made.items()}
    _go_on(session, resident, named, staff_id)
    frozen = _frozen(session, staff_id)
    _signs(session)
    return Mall(
        resident=resident,
        frozen=frozen,
        operator=staff_id,
        items=items,
        site=site,
        redemptions=made,
        numbers=named,
    )


def _go_on(session: Session, resident: int, no: dict[str, int], staff_id: int) -> None:
    ids = {row.no: row.id for row in session.query(Redemption)}
    fulfilment.refuse(
        session,
        redemption_id=ids[no["refused"]],
        staff_id=staff_id,
        note="商品缺货或有破损",
        request_key=factories.key(),
    )
    fulfilment.cancel(
        session,
        redemption_id=ids[no["cancelled"]],
        citizen_id=resident,
        request_key=factories.key(),
    )
    fulfilment.open_voucher(
        session, redemption_id=ids[no["opened"]], citizen_id=resident, keys=keyring.current()
    )
    fulfilment.show_pickup(
        session, redemption_id=ids[no["locked"]], citizen_id=resident, keys=keyring.current()
    )
    for _ in range(5):
        fulfilment.hand_over(
            session,
            no=no["locked"],
            code="nonsense",
            staff_id=staff_id,
            request_key=factories.key(),
            keys=keyring.current(),
        )


def _frozen(session: Session, staff_id: int) -> int:
    """Make somebody who is frozen, owes, and has appealed against the one and not the other."""
    frozen = factories.a_citizen(session)
    award(session, frozen, 9003)
    item = an_item(session, name="捐一分", sort=Sort.DONATION, price=4, is_listed=True)
    redemption.redeem(
        session,
        citizen_id=frozen,
        item_id=item,
        seen_version=1,
        request_key=factories.key(),
        keys=keyring.current(),
    ).check()
    adjustments.reclaim(
        session, case_id=9003, citizen_id=frozen, staff_id=staff_id, reason="照片是网上找的"
    )
    points.mark_insider(session, citizen_id=frozen, note="环卫公司")
    award(session, frozen, 9004)
    points.appeals.freeze(session, citizen_id=frozen, staff_id=staff_id, reason="兑换异常")
    points.appeals.appeal_freeze(session, citizen_id=frozen, words="都是我自己报的，请再看看")
    return frozen


def _signs(session: Session) -> None:
    colleague = factories.a_member_of_staff(session, role=accounts.Role.POINTS_OPERATOR)
    factories.a_member_of_staff(session, role=accounts.Role.SHOP_KEEPER, name="刘芳")
    people = [factories.a_citizen(session) for _ in range(4)]
    for each in people:
        points.traces.see(
            session,
            citizen_id=each,
            keys=keyring.current(),
            device="d" * 32,
            network="203.0.113.9",
        )
        adjustments.propose(
            session,
            proposal_id=uuid.uuid4(),
            code=points.Code.GRANT,
            citizen_id=each,
            amount=20,
            reason="参加社区志愿活动",
            staff_id=colleague,
        )
    for number in range(6):
        points.traces.see_report(
            session,
            citizen_id=people[0],
            report_no=f"JB261122-000000{number}",
            spot="wm7b",
            keys=keyring.current(),
        )
    session.connection().exec_driver_sql(
        'INSERT INTO points_alarms ("check", subject, detail)'
        " VALUES ('balance', 'account:999', 'has 1+0, its transfers say 2+0')"
    )


def as_resident(
    context: BrowserContext, url: str, sessions: sessionmaker[Session], who: int
) -> None:
    """Give the context the session of a resident."""
    with sessions.begin() as session:
        token = accounts.open_citizen_session(session, who)
    port = url.rpartition(":")[2]
    context.add_cookies([{"name": f"{RESIDENT_COOKIE}_{port}", "value": token, "url": url}])


def residents_pages(mall: Mall) -> dict[str, list[str]]:
    """Return the addresses of residents' pages about points, by endpoint."""
    at, made = "/points/redemptions", mall.redemptions
    return {
        "points.home": ["/points"],
        "points.history": ["/points/history", "/points/history?before=1"],
        "points.mall": ["/points/mall"],
        "points_papers.anchors": ["/points/anchors"],
        "points.item": [
            *(
                f"/points/mall/{mall.items[name]}"
                for name in ("goods", "none", "early", "donation")
            ),
            "/points/mall/99999",
        ],
        "points.confirm": [
            f"/points/mall/{mall.items['goods']}/confirm?site_id={mall.site}",
            f"/points/mall/{mall.items['goods']}/confirm",
            f"/points/mall/{mall.items['credit']}/confirm",
            f"/points/mall/{mall.items['donation']}/confirm",
        ],
        "points.mine": [at],
        "points.show": [f"{at}/{each}" for each in made.values()],
        "points.pickup": [f"{at}/{made[name]}/pickup" for name in ("ready", "locked")],
    }


def desk_pages(mall: Mall) -> dict[str, list[str]]:
    """Return the addresses of the points desk, by endpoint."""
    at = "/console/points"
    who = [
        references.reference_of(each, keyring.current()) for each in (mall.resident, mall.frozen)
    ]
    return {
        "points_desk.queue": [at, f"{at}?status=ready", f"{at}?site_id=99999"],
        "points_desk.redemption": [
            f"{at}/redemptions/{mall.numbers[name]}"
            for name in ("ready", "requested", "refused", "opened", "credit")
        ],
        "points_desk.counter": [f"{at}/counter"],
        "points_desk.items": [f"{at}/items"],
        "points_desk.new_item": [f"{at}/items/new"],
        "points_desk.item": [
            f"{at}/items/{mall.items[name]}" for name in ("goods", "voucher", "donation")
        ],
        "points_desk.sites": [f"{at}/sites"],
        "points_desk.people": [f"{at}/people", f"{at}/people?q=nobody"],
        "points_desk.person": [f"{at}/people/{each}" for each in who],
        "points_desk.proposals": [f"{at}/proposals"],
        "points_desk.review_signs": [f"{at}/review"],
        "points_desk.rules": [f"{at}/rules"],
        "points_desk.sheet": [f"{at}/sheet", f"{at}/sheet?day=2020-01-01"],
        "points_desk.ledger": [f"{at}/ledger", f"{at}/ledger?q={who[0]}", f"{at}/ledger?before=1"],
        "points_desk.books": [f"{at}/books"],
    }


NOT_PAGES = {
    "points_papers.statement",
    "points_papers.anchors_file",
    "points.picture",
    "points_desk.queue_sheet",
    "points_desk.stock_sheet",
    "points_desk.sheet_export",
    "points_desk.ledger_export",
}
