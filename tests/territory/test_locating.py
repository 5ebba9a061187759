"""Where a point lies: in a cell, on a border, in a hole, in a gap, outside."""

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import territory
from territory import NOWHERE, Place, demo
from tests.territory.grounds import (
    SIDE,
    SOUTH,
    WEST,
    bring_in,
    collection,
    corner,
    feature,
    middle,
    planted,
    square,
)


def test_a_point_finds_street_community_and_cell(session: Session) -> None:
    planted(session)
    found = territory.place_of(session, *middle(2, 1))
    assert found == Place("500105002", "500105002001", "500105002001002")
    assert found.codes == ("500105002001002", "500105002001", "500105002")


@pytest.mark.parametrize(
    ("column", "row", "cell"),
    [
        (2, 0.5, "500105001001001"),  # between two streets
        (1, 1, "500105001001001"),  # between two cells of one community
        (2, 1, "500105001001001"),  # where four meet
        (0, 0, "500105001001001"),  # the district's corner
        (4, 2, "500105002001002"),
    ],
)
def test_a_point_on_a_border_belongs_to_one_of_them_always_the_same(
    session: Session, column: float, row: float, cell: str
) -> None:
    planted(session)
    found = territory.place_of(session, *corner(column, row))
    assert found.grid_code == cell


@pytest.mark.parametrize(
    "point",
    [(SOUTH - 1e-6, WEST), (SOUTH + 2 * SIDE + 1e-6, WEST), (0.0, 0.0), (39.9, 116.4), (-90, 180)],
)
def test_outside_is_nowhere(session: Session, point: tuple[float, float]) -> None:
    planted(session)
    assert territory.place_of(session, *point) is NOWHERE


def test_no_point_and_no_tree_are_nowhere(session: Session) -> None:
    assert territory.place_of(session, None, None) is NOWHERE
    assert territory.place_of(session, *middle(0, 0)) is NOWHERE


def test_a_hole_is_not_the_cells_but_its_communitys(session: Session) -> None:
    planted(session)
    holed = feature(
        "500105001001001", "grid", "500105001001", square(0, 0, 2, 1), square(0.25, 0.25, 0.5, 0.5)
    )
    assert bring_in(session, collection(holed)).changed == 1

    assert territory.place_of(session, *middle(0, 0)) == Place("500105001", "500105001001")
    assert territory.place_of(session, *middle(1, 0)).grid_code == "500105001001001"


def test_what_is_retired_holds_nothing(session: Session) -> None:
    planted(session)
    retired = feature("500105001001001", "grid", "500105001001", state="停用")
    bring_in(session, collection(retired))
    assert territory.place_of(session, *middle(0, 0)) == Place("500105001", "500105001001")


def test_the_demo_is_a_partition_of_the_real_outline(session: Session) -> None:
    from territory.importing import apply  # noqa: PLC0415  # with its file
    from territory.records import read  # noqa: PLC0415

    report = apply(session, read(demo.geojson()))
    assert report.lines == []
    assert report.added == len(demo.tree()) == 1 + 13 + 126 + 1008
    chance = np.random.default_rng(7)
    south, west, north, east = territory.district().box
    points = chance.uniform((south, west), (north, east), (300, 2))
    inside = territory.district().holds(points[:, 0], points[:, 1])
    assert 100 < inside.sum() < 250
    for (latitude, longitude), is_ours in zip(points.tolist(), inside, strict=True):
        found = territory.place_of(session, latitude, longitude)
        assert (found.grid_code is not None) == is_ours
        if is_ours:
            assert str(found.grid_code).startswith(str(found.community_code))
    session.execute(text("ANALYZE territory_areas"))
    plan = session.execute(
        text(
            "EXPLAIN SELECT 1 FROM territory_areas WHERE is_active AND"
            " box(point(east, north), point(west, south)) @> box(point(1, 1), point(1, 1))"
        )
    ).scalars()
    assert "ix_territory_areas_box" in "".join(plan)


def test_the_demo_counts_what_the_district_has() -> None:
    kinds = [body["kind"] for body in demo.bodies()]
    assert len(kinds) == len({body["code"] for body in demo.bodies()}) == 458
    assert [kinds.count(k) for k in ("street", "town", "business_area", "department")] == [
        9,
        3,
        1,
        24,
    ]
    assert [kinds.count(k) for k in ("public_service", "park", "community", "village")] == [
        13,
        2,
        113,
        13,
    ]
