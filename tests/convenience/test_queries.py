"""What pages, programs and the chat ask for."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from convenience import outskirts, queries, schemas, telling
from convenience.errors import FacilityNotFound, UnknownKind
from convenience.index import Need
from convenience.models import Facility
from convenience.queries import Position
from geo.geodesic import bearing_deg, distance_m
from kernel import clock
from local.postgres import EmbeddedPostgres
from tests import factories
from tests.convenience.places import DAYTIME, HERE, NIGHT, NOON, a_facility

pytestmark = pytest.mark.usefixtures("fresh")
SHANGHAI = (31.2304, 121.4737)


def names(session: Session, **asked: Any) -> list[str]:  # noqa: ANN401  # as what it calls
    found = queries.nearest(session, *HERE, **{"kind": "toilet", "now": NOON, **asked})
    return [near.card.name for near in found.items]


def test_the_nearest_come_first_with_the_way_to_them(session: Session) -> None:
    far = a_facility(session, "远", north_m=900)
    a_facility(session, "近", north_m=-40)
    found = queries.nearest(session, *HERE, kind="toilet", now=NOON)
    assert [near.card.name for near in found.items] == ["近", "远"]
    last = found.items[1]
    assert last.distance_m == pytest.approx(
        distance_m(*HERE, far.latitude, far.longitude), abs=0.001
    )
    assert (found.items[0].direction, last.direction) == ("南", "北")
    assert found.outside_m == 0


def test_direction_is_the_geodesics_near_and_far(session: Session) -> None:
    made = a_facility(session, north_m=300, longitude=HERE[1] + 0.004)
    for place in (HERE, (29.5, 106.4), SHANGHAI, (-33.9, 18.4)):
        found = queries.nearest(session, *place, now=NOON).items[0]
        exact = bearing_deg(*place, made.latitude, made.longitude)
        assert abs((found.bearing_deg - exact + 180) % 360 - 180) < 0.5


def test_needs_are_fulfilled_for_certain(session: Session) -> None:
    a_facility(session, "不详", north_m=10)
    a_facility(session, "关门", north_m=20, hours=DAYTIME, is_accessible=False, is_free=False)
    a_facility(session, "合适", north_m=30, hours="24/7", is_accessible=True, is_free=True)
    assert names(session, now=NIGHT) == ["不详", "关门", "合适"]
    for need in (Need.OPEN, Need.ACCESSIBLE, Need.FREE, Need.OPEN | Need.FREE):
        assert names(session, needs=need, now=NIGHT) == ["合适"]
    assert names(session, needs=Need.OPEN, now=NOON) == ["关门", "合适"]
    assert names(session, radius_m=15) == ["不详"]
    assert names(session, limit=1) == ["不详"]


def test_an_unknown_kind_is_refused(session: Session) -> None:
    with pytest.raises(UnknownKind):
        names(session, kind="castle")


def test_a_change_is_shown_with_the_next_answer(session: Session) -> None:
    made = a_facility(session, "旧名")
    assert names(session) == ["旧名"]
    made.name = "新名"
    session.commit()
    assert names(session) == ["新名"]
    assert [c.name for c in queries.find(session, "新名", now=NOON).cards] == ["新名"]
    made.removed_at = clock.now()
    session.commit()
    assert names(session) == []
    assert queries.find(session, "新名", now=NOON).cards == ()


def test_far_outside_is_said_and_near_outside_is_not(session: Session) -> None:
    a_facility(session)
    assert outskirts.outside_m(*SHANGHAI) == pytest.approx(1_400_000, rel=0.05)
    assert outskirts.outside_m(29.5587, 106.5742) == 0  # across the river, within sight
    assert 9_000 < outskirts.outside_m(29.35, 106.55) < 40_000
    found = queries.nearest(session, *SHANGHAI, kind="toilet", now=NOON)
    assert found.outside_m > 1_000_000
    assert len(found.items) == 1


def test_words_lead_to_names_streets_and_places(session: Session) -> None:
    a_facility(session, "观音桥步行街公厕", street="观音桥步行街", hours="24/7")
    a_facility(session, "北城天街停车场", kind="parking", street="观音桥步行街")
    a_facility(session, "鱼嘴公厕", north_m=20_000)
    found = queries.find(session, "观音桥 厕所", now=NOON)
    assert found.kind == "toilet"
    assert [card.name for card in found.cards] == ["观音桥步行街公厕"]
    # No toilet is called so, but the place is known: what is near to it.
    around = queries.find(session, "北城天街", kind="toilet", now=NOON)
    assert around.cards == ()
    assert around.around is not None
    assert around.around.items[0].card.name == "观音桥步行街公厕"
    nowhere = queries.find(session, "不存在的地方", kind="toilet", now=NOON)
    assert (nowhere.cards, nowhere.around, nowhere.middle) == ((), None, None)


def test_words_and_needs_go_together(session: Session) -> None:
    a_facility(session, "红石路一公厕", hours=DAYTIME, is_accessible=True)
    a_facility(session, "红石路二公厕", hours="24/7", north_m=200)
    cards = queries.find(session, "红石路", needs=Need.OPEN, now=NIGHT).cards
    assert [card.name for card in cards] == ["红石路二公厕"]


def test_one_is_found_by_its_code_even_when_removed(session: Session) -> None:
    made = a_facility(session, removed_at=clock.now())
    assert queries.facility(session, made.code).removed_at is not None
    for code in ("t-0", "", "'; --", "x" * 100, "\x00"):
        with pytest.raises(FacilityNotFound):
            queries.facility(session, code)


# -- what the chat tells -------------------------------------------------------------------


def told(session: Session, **asked: Any) -> list[str]:  # noqa: ANN401  # as what it calls
    found = telling.open_near(
        session, *HERE, **{"kind": "toilet", "limit": 3, "now": NIGHT, **asked}
    )
    return [card.name for card, _ in found.items]


def test_the_chat_tells_of_open_ones_and_fills_up_with_unknown_ones(session: Session) -> None:
    a_facility(session, "关门", north_m=10, hours=DAYTIME)
    a_facility(session, "不详", north_m=20)
    a_facility(session, "通宵", north_m=30, hours="24/7")
    assert told(session) == ["不详", "通宵"]
    for number in range(3):
        a_facility(session, f"通宵{number}", north_m=100 + number, hours="24/7")
    assert told(session) == ["通宵", "通宵0", "通宵1"]


def test_the_chat_says_distance_state_and_spaces(session: Session) -> None:
    a_facility(
        session,
        "北仓停车场",
        kind="parking",
        north_m=350,
        hours="24/7",
        capacity=90,
        free_spaces=12,
        free_spaces_at=NOON - timedelta(minutes=2),
        is_doubtful=True,
    )
    found = telling.open_near(session, *HERE, kind="parking", limit=3, now=NOON)
    assert telling.lines(found, NOON) == [
        telling.Line(
            "北仓停车场",
            "往北 350 米，步行约 7 分钟",
            "24 小时开放，空位 12 个（2 分钟前），情况可能有变",
        )
    ]


def test_the_chat_knows_when_words_lead_nowhere(session: Session) -> None:
    a_facility(session, hours="24/7")
    asked: dict[str, Any] = {"kind": "toilet", "limit": 3, "now": NOON}
    assert telling.open_called(session, "火星", **asked) is None
    found = telling.open_called(session, "观音桥", **asked)
    assert found is not None
    assert telling.lines(found, NOON)[0].way is None


# -- all of them, for other programs: needs transactions that really end ---------------------


@pytest.fixture
def town(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    with factories.committing_sessions(postgres) as sessions:
        yield sessions


def add(town: sessionmaker[Session], *numbers: int) -> None:
    for number in numbers:
        with town() as session:
            a_facility(session, f"第{number}号", code=f"w-{number}")


def walk(
    town: sessionmaker[Session],
    after: Position | None = None,
    **asked: Any,  # noqa: ANN401  # as what it calls
) -> tuple[list[str], Position]:
    """Walk to the end, two a page; return the codes in order, and where the walk ended."""
    codes: list[str] = []
    while True:
        with town() as session:
            page = queries.listing(session, after=after, limit=2, **asked)
        codes += [card.code for card in page.cards]
        after = page.position
        if not page.has_more:
            return codes, Position(after.changed_in, after.id)


def test_a_walk_meets_everything_once(town: sessionmaker[Session]) -> None:
    add(town, 1, 2, 3, 4, 5)
    codes, end = walk(town)
    assert codes == ["w-1", "w-2", "w-3", "w-4", "w-5"]
    assert walk(town, end) == ([], end)
    assert walk(town, kind="parking")[0] == []


def test_later_one_meets_exactly_what_changed(town: sessionmaker[Session]) -> None:
    add(town, 1, 2, 3)
    _, end = walk(town)
    with town.begin() as session:
        session.scalars(select(Facility).where(Facility.code == "w-2")).one().name = "改名"
        session.scalars(
            select(Facility).where(Facility.code == "w-1")
        ).one().removed_at = clock.now()
    add(town, 4)
    codes, _ = walk(town, end)
    assert sorted(codes) == ["w-1", "w-2", "w-4"]


def test_what_was_removed_before_is_not_told_to_newcomers(town: sessionmaker[Session]) -> None:
    add(town, 1, 2, 3)
    with town.begin() as session:
        session.scalars(
            select(Facility).where(Facility.code == "w-1")
        ).one().removed_at = clock.now()
    assert walk(town)[0] == ["w-2", "w-3"]
    since = clock.now() - timedelta(hours=1)
    assert sorted(walk(town, updated_since=since)[0]) == ["w-1", "w-2", "w-3"]
    assert walk(town, updated_since=clock.now() + timedelta(hours=1))[0] == []


def test_what_changes_while_one_walks_is_met_later_and_nothing_is_missed(
    town: sessionmaker[Session],
) -> None:
    add(town, 1, 2, 3, 4)
    with town() as session:
        first = queries.listing(session, limit=2)
    assert [card.code for card in first.cards] == ["w-1", "w-2"]
    with town.begin() as session:  # one behind the walker, one before him
        session.scalars(
            select(Facility).where(Facility.code == "w-1")
        ).one().removed_at = clock.now()
        session.scalars(select(Facility).where(Facility.code == "w-3")).one().name = "改名"
    codes, _ = walk(town, first.position)
    assert codes[0] == "w-4"
    assert sorted(codes[1:]) == ["w-1", "w-3"]


def test_a_transaction_that_ends_late_is_not_overtaken(town: sessionmaker[Session]) -> None:
    add(town, 1)
    with town() as late:
        late.scalars(select(Facility).where(Facility.code == "w-1")).one().name = "慢"
        late.flush()  # has its number now, and is not over
        add(town, 2, 3)
        codes, end = walk(town)
        # Naive code would show 2 and 3 and remember them: the late one would be behind it.
        assert codes == ["w-1"]
        late.commit()
    assert sorted(walk(town, end)[0]) == ["w-1", "w-2", "w-3"]


def test_a_position_from_before_a_restored_database_is_refused(town: sessionmaker[Session]) -> None:
    with town() as session, pytest.raises(queries.StaleCursor):
        queries.listing(session, after=Position(changed_in=10**12))


def test_a_card_can_be_shown_in_json(session: Session) -> None:
    made = a_facility(session)
    card = queries.facility(session, made.code)
    assert json.loads(schemas.encode(schemas.facility(card, "公厕", NOON)))["id"] == made.code
