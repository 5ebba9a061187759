"""A whole district for demonstrations: streets, communities, cells, bodies and people, all seeded.

What is real: the district's outline (`outline.geojson`), the names and codes of its 12 streets and
towns (National Bureau of Statistics, division codes 2023), and how many there are of everything
(9 streets, 3 towns, 1 business district, 113 communities, 13 villages; 24 departments, 13 public
services, 2 parks; 458 bodies in all, of which the rest are housing estates and firms).
What is made up, and says so: all borders inside the outline and everything's other name and code.

Cells are made first (a Voronoi diagram, corners rounded to a millionth of a degree), communities
and streets are unions of them: so that each level is a partition of the one above it, to the corner.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from .outline import district

Floats = NDArray[np.float64]

DISTRICT = ("500105", "江北区")
_SEED = 500105
_CELLS = 8  # of a community
_SAMPLES = 60  # of the ground, for each cell
_ROUNDS = 6  # of moving the middles
_METRES = 111_195.0


@dataclass(frozen=True)
class Street:
    code: str
    name: str
    kind: str
    middle: tuple[float, float]  # latitude, longitude; roughly where it is
    communities: int
    villages: int = 0


STREETS = (
    Street("500105001", "华新街街道", "street", (29.5690, 106.5470), 12),
    Street("500105002", "江北城街道", "street", (29.5750, 106.5720), 6),
    Street("500105003", "石马河街道", "street", (29.5830, 106.4930), 14),
    Street("500105004", "大石坝街道", "street", (29.5730, 106.5100), 16),
    Street("500105005", "寸滩街道", "street", (29.6120, 106.6000), 12),
    Street("500105006", "观音桥街道", "street", (29.5830, 106.5330), 18),
    Street("500105007", "五里店街道", "street", (29.5920, 106.5600), 13),
    Street("500105008", "郭家沱街道", "street", (29.5950, 106.6650), 6),
    Street("500105009", "铁山坪街道", "street", (29.6250, 106.6900), 8),
    Street("500105100", "鱼嘴镇", "town", (29.6200, 106.7600), 2, 5),
    Street("500105101", "复盛镇", "town", (29.6400, 106.8150), 1, 4),
    Street("500105102", "五宝镇", "town", (29.6500, 106.8600), 1, 4),
    # No code of the bureau's: a local one.
    Street("500105-B1", "观音桥商圈", "business_area", (29.5745, 106.5325), 4),
)
_NAMED_DEPARTMENTS = ("市政设施维护", "环境卫生", "园林绿化", "照明管理", "市容执法", "道路桥隧")
_DEPARTMENTS, _SERVICES, _PARKS, _BODIES = 24, 13, 2, 458


@dataclass(frozen=True)
class Node:
    code: str
    name: str
    kind: str
    parent: str | None
    shape: Any


def _plane(lat_lng: Floats) -> Floats:
    """Return metres east and north, on a plane through the district."""
    across = math.cos(math.radians(29.6))
    return np.column_stack([lat_lng[:, 1] * _METRES * across, lat_lng[:, 0] * _METRES])


def _degrees(metres: Floats) -> Floats:
    """Return (longitude, latitude), rounded as the cells' corners are."""
    across = math.cos(math.radians(29.6))
    return np.round(metres / (_METRES * across, _METRES), 6)


def _middles(samples: Floats, count: int, chance: np.random.Generator) -> Floats:
    """Spread so many middles over the samples (Lloyd's rounds)."""
    middles = samples[chance.choice(len(samples), count, replace=False)]
    for _ in range(_ROUNDS):
        nearest = _nearest(samples, middles)
        middles = np.array(
            [
                samples[nearest == n].mean(axis=0) if (nearest == n).any() else middles[n]
                for n in range(count)
            ]
        )
    return middles


def _nearest(points: Floats, middles: Floats) -> NDArray[np.intp]:
    away: Floats = ((points[:, None, :] - middles[None, :, :]) ** 2).sum(axis=2)
    nearest: NDArray[np.intp] = away.argmin(axis=1)
    return nearest


def _samples(zone: Any, count: int, chance: np.random.Generator) -> Floats:  # noqa: ANN401  # a shape
    west, south, east, north = zone.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        drawn = chance.uniform((west, south), (east, north), (4 * count, 2))
        found = np.vstack([found, drawn[shapely.contains_xy(zone, drawn[:, 0], drawn[:, 1])]])
    return found[:count]


@cache
def tree() -> tuple[Node, ...]:
    """Return all areas, each after its parent. Takes a second or two."""
    chance = np.random.default_rng(_SEED)
    ground = shapely.unary_union([shapely.Polygon(_plane(ring)) for ring in district().rings])
    zones = _cut(_plane(np.array([street.middle for street in STREETS])), ground)
    communities: list[tuple[Street, str, str, str]] = []
    seeds, owners = [], []
    for street, zone in zip(STREETS, zones, strict=True):
        count = street.communities + street.villages
        named = _communities(street)
        samples = _samples(zone, count * _CELLS * _SAMPLES, chance)
        nearest = _nearest(samples, _middles(samples, count, chance))
        for number, community in enumerate(named):
            communities.append(community)
            code = community[1]
            for middle in _middles(samples[nearest == number], _CELLS, chance):
                seeds.append(middle)
                owners.append(code)
    cells = [_rounded(cell) for cell in _cut(np.array(seeds), ground)]
    return tuple(_grown(communities, cells, owners))


def _communities(street: Street) -> list[tuple[Street, str, str, str]]:
    """Return a street's communities and villages with their codes, names and kinds."""
    found = []
    for number in range(1, street.communities + street.villages + 1):
        kind, word = ("community", "社区") if number <= street.communities else ("village", "村")
        name = f"{street.name}第{number}{word}（演示）"
        found.append((street, f"{street.code}{number:03d}", name, kind))
    return found


def _cut(middles: Floats, ground: Any) -> list[Any]:  # noqa: ANN401  # a shape
    """Cut the ground into the cells of these middles, in their order."""
    cells = shapely.voronoi_polygons(shapely.MultiPoint(middles), extend_to=ground, ordered=True)
    return [shapely.intersection(cell, ground) for cell in shapely.get_parts(cells)]


def _rounded(cell: Any) -> Any:  # noqa: ANN401  # a shape
    parts = shapely.get_parts(shapely.transform(cell, _degrees))
    return shapely.multipolygons([part for part in parts if part.is_valid and part.area > 0])


def _grown(
    communities: list[tuple[Street, str, str, str]], cells: list[Any], owners: list[str]
) -> Iterator[Node]:
    """Give the areas from the district down, each the union of what is beneath it."""
    beneath: dict[str, list[Any]] = {}
    for owner, cell in zip(owners, cells, strict=True):
        beneath.setdefault(owner, []).append(cell)
    yield Node(*DISTRICT, "district", None, _union(cells))
    for street in STREETS:
        mine = [
            shape
            for code in beneath
            if code[: len(street.code)] == street.code
            for shape in beneath[code]
        ]
        yield Node(street.code, street.name, street.kind, DISTRICT[0], _union(mine))
    for street, code, name, kind in communities:
        yield Node(code, name, kind, street.code, _union(beneath[code]))
        for number, cell in enumerate(beneath[code], start=1):
            yield Node(f"{code}{number:02d}", f"第{number}网格", "grid", code, cell)


def _union(cells: list[Any]) -> Any:  # noqa: ANN401  # a shape
    parts = [part for cell in cells for part in shapely.get_parts(cell)]
    return shapely.coverage_union_all(parts)


def geojson() -> bytes:
    """Return the areas as a file of the kind that the import takes."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": node.code,
                "name": node.name,
                "kind": node.kind,
                **({"parent": node.parent} if node.parent else {}),
            },
            "geometry": json.loads(shapely.to_geojson(node.shape)),
        }
        for node in tree()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def bodies() -> list[dict[str, str | None]]:
    """Return the 458 bodies."""
    communities = [each for street in STREETS for each in _communities(street)]
    areas = [(each.code, each.name, each.kind) for each in STREETS]
    areas += [(code, name, kind) for _, code, name, kind in communities]
    found: list[dict[str, str | None]] = [
        {"code": code, "name": name, "kind": kind, "area_code": code} for code, name, kind in areas
    ]

    def add(prefix: str, number: int, name: str, kind: str, area: str | None = None) -> None:
        code = f"{DISTRICT[0]}-{prefix}{number}"
        found.append({"code": code, "name": f"{name}（演示）", "kind": kind, "area_code": area})

    for number in range(1, _DEPARTMENTS + 1):
        named = dict(enumerate(_NAMED_DEPARTMENTS, start=1))
        add("D", number, named.get(number, f"第{number}区级部门"), "department")
    for number in range(1, _SERVICES + 1):
        add("S", number, f"第{number}公共服务单位", "public_service")
    for number in range(1, _PARKS + 1):
        add("P", number, f"第{number}园区", "park")
    homes = [code for _, code, _, kind in communities if kind == "community"]
    rest = _BODIES - len(found)
    for number in range(1, rest + 1):
        if number % 4:
            add("W", number, f"第{number}物业小区", "property", homes[number % len(homes)])
        else:
            add("F", number, f"第{number}服务公司", "company")
    return found


def people() -> bytes:
    """Return who answers for the streets, communities and villages, as a file for the import."""
    duties = {"street": "街道负责人", "town": "镇负责人", "business_area": "商圈负责人"}
    lines = ["地域,职责,姓名,责任单位"]
    for number, node in enumerate(tree(), start=1):
        if node.kind not in {"district", "grid"}:
            duty = duties.get(node.kind, "网格长")
            lines.append(f"{node.code},{duty},演示人员{number:04d},{node.code}")
    return "\n".join(lines).encode()
