"""Demo facilities: made up, marked as such, the same at every run.

No openly licensed list of the district's facilities was found, so these are drawn by a seeded
generator: streets run as bent lines from some real centres of the district (their places are
approximate), facilities stand along them, denser towards the centres, and a tenth stands anywhere.
All lie within the district's outline; names, keepers and numbers say 演示.
"""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

import territory

SEED = 20211201
MOST_TRIES = 200

# Centres of the district, roughly: (name, latitude, longitude, weight).
_CENTRES = (
    ("观音桥", 29.5752, 106.5325, 10),
    ("江北城", 29.5735, 106.5590, 5),
    ("五里店", 29.5880, 106.5600, 6),
    ("大石坝", 29.5710, 106.5050, 6),
    ("石马河", 29.5800, 106.4760, 5),
    ("华新街", 29.5690, 106.5450, 5),
    ("寸滩", 29.6120, 106.5900, 4),
    ("铁山坪", 29.6150, 106.6600, 2),
    ("郭家沱", 29.6100, 106.6900, 2),
    ("鱼嘴", 29.6230, 106.7650, 3),
    ("复盛", 29.6400, 106.8050, 2),
    ("五宝", 29.6450, 106.8500, 1),
)
_STREETS_A_WEIGHT = 4
_STEP_M = 60.0
_METRES_PER_DEGREE = 111_195.0

# Kind, share, hours with their weights.
_KINDS = (
    ("toilet", 0.14, (("24/7", 6), ("06:00-22:00", 3), ("06:00-24:00", 2), ("", 1))),
    ("police_kiosk", 0.03, (("24/7", 9), ("08:00-20:00", 1))),
    ("parking", 0.68, (("24/7", 8), ("06:00-24:00", 2), ("Mo-Fr 07:00-20:00", 1), ("", 2))),
    ("car_wash", 0.10, (("08:00-20:00", 5), ("09:00-21:00", 4), ("Tu-Su 09:00-18:00", 1))),
    ("rest_station", 0.02, (("08:00-18:00", 3), ("Mo-Fr 08:30-17:30; PH off", 2))),
    ("drinking_water", 0.03, (("24/7", 1),)),
)
EXTRA_KINDS = (
    ("rest_station", "劳动者驿站", ["驿站", "休息站", "爱心驿站"], 50),
    ("drinking_water", "直饮水点", ["饮水点", "饮水", "直饮水"], 60),
)
_NAMES = {
    "toilet": "公厕",
    "police_kiosk": "治安岗亭",
    "parking": "停车场",
    "car_wash": "洗车点",
    "rest_station": "劳动者驿站",
    "drinking_water": "直饮水点",
}
COLUMNS = (
    "code", "kind", "name", "street", "address", "latitude", "longitude", "hours", "fee", "is_free",
    "is_accessible", "has_family_room", "has_nursing_room", "has_paper", "is_indoor", "gender",
    "phone", "keeper", "capacity", "verified_on",
)  # fmt: skip
MAPPING = (
    'title = "演示数据"\nsource = "demo"\ndatum = "wgs84"\nduplicates = "keep"\n[columns]\n'
    + "\n".join(f'{name} = "{name}"' for name in COLUMNS)
    + "\n"
)


@dataclass(frozen=True)
class _Street:
    name: str
    centre: str
    points: tuple[tuple[float, float], ...]


def table(count: int = 20_400, seed: int = SEED) -> bytes:
    """Return the demo facilities as a CSV file, as an operator would hand one in."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(count, Random(seed)))
    return file.getvalue().encode()


def _rows(count: int, random: Random) -> Iterator[list[object]]:
    streets = _streets(random)
    kinds = random.choices(
        [kind for kind, _, _ in _KINDS], [share for _, share, _ in _KINDS], k=count
    )
    hours = {kind: choices for kind, _, choices in _KINDS}
    places = _places(count, streets, random)
    for number, (kind, (latitude, longitude, street)) in enumerate(
        zip(kinds, places, strict=True), 1
    ):
        words, weights = zip(*hours[kind], strict=True)
        house = random.randint(1, 280)
        yield [
            f"demo-{number:05}",
            kind,
            f"演示{street.name}{_NAMES[kind]}{number}号",
            street.name,
            f"{street.name}{house}号附近（演示）",
            f"{latitude:.6f}",
            f"{longitude:.6f}",
            random.choices(words, weights)[0],
            *_attributes(kind, random),
            f"2026-{random.randint(1, 10):02}-{random.randint(1, 28):02}"
            if random.random() < 0.6
            else "",
        ]


def _attributes(kind: str, random: Random) -> list[object]:
    """Return fee, flags, gender, phone, keeper and capacity, as plausible for the kind."""

    def some(share: float, doubt: float = 0.15) -> str:
        return "" if random.random() < doubt else "是" if random.random() < share else "否"

    phone = f"023-00{random.randint(0, 999999):06}" if random.random() < 0.5 else ""
    is_toilet, is_parking = kind == "toilet", kind == "parking"
    is_free = some(0.25, 0.1) if is_parking else "否" if kind == "car_wash" else "是"
    fee = f"演示：首小时 {random.choice((3, 4, 5, 6))} 元" if is_parking and is_free == "否" else ""
    return [
        fee,
        is_free,
        some(0.55),
        some(0.3) if is_toilet else "",
        some(0.3) if is_toilet else "",
        some(0.6) if is_toilet else "",
        some(0.4),
        random.choice(("both", "both", "both", "unisex")) if is_toilet else "",
        phone,
        "演示管理单位",
        int(random.lognormvariate(4.3, 0.9)) + 4 if is_parking else "",
    ]


def _streets(random: Random) -> list[_Street]:
    streets = []
    for name, latitude, longitude, weight in _CENTRES:
        for number in range(1, weight * _STREETS_A_WEIGHT + 1):
            start = _moved(latitude, longitude, random.uniform(0, 700), random.uniform(0, math.tau))
            points = _bent(start, random.randint(6, 22), random)
            if len(points) > 2:
                streets.append(_Street(f"{name}演示{number}路", name, points))
    return streets


def _bent(
    start: tuple[float, float], steps: int, random: Random
) -> tuple[tuple[float, float], ...]:
    """Return a line that wanders off, as far as it stays in the district."""
    direction = random.uniform(0, math.tau)
    line = [start]
    for _ in range(steps):
        direction += random.gauss(0, 0.25)
        line.append(_moved(*line[-1], _STEP_M, direction))
    inside = territory.district().holds(*np.array(line).T)
    length = len(line) if inside.all() else int(inside.argmin())
    return tuple(line[:length])


def _places(
    count: int, streets: list[_Street], random: Random
) -> Iterator[tuple[float, float, _Street]]:
    """Give places in the district, nine of ten along streets, each with its street."""
    area = territory.district()
    south, west, north, east = area.box
    middles = np.array([street.points[len(street.points) // 2] for street in streets])
    made = 0
    while made < count:
        rough = []
        for _ in range(count - made):
            if random.random() < 0.9:
                street = random.choice(streets)
                # Denser towards the beginning, where the centre is.
                at = int(len(street.points) * random.random() ** 1.5)
                point = _moved(
                    *street.points[at], random.uniform(5, 45), random.uniform(0, math.tau)
                )
                rough.append((*point, street))
            else:
                latitude, longitude = random.uniform(south, north), random.uniform(west, east)
                away = ((middles - (latitude, longitude)) ** 2).sum(axis=1)
                rough.append((latitude, longitude, streets[int(away.argmin())]))
        inside = area.holds(*np.array([place[:2] for place in rough]).T)
        chosen = [place for place, is_inside in zip(rough, inside, strict=True) if is_inside]
        made += len(chosen)
        yield from chosen


def _moved(
    latitude: float, longitude: float, metres: float, direction: float
) -> tuple[float, float]:
    north, east = metres * math.cos(direction), metres * math.sin(direction)
    across = _METRES_PER_DEGREE * math.cos(math.radians(latitude))
    return latitude + north / _METRES_PER_DEGREE, longitude + east / across
