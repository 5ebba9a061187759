"""Demo signs: made up, marked as such, the same at every run: places, codes, plates and scans.

Places lie around some real centres of the district (roughly), denser towards the middle; names and
addresses say 演示. Their codes are drawn with a known seed: they protect nothing and are never
printed for the street.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import numpy as np
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

import territory
from geo.cells import cell
from kernel import clock

from .codes import new_code
from .models import Code, Plate, PlateMove, Scans, Site
from .rules import Client, PlateState, SiteKind

SEED = 20211202
COUNT = 2100
_METRES_PER_DEGREE = 111_195.0

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
)
_KINDS = (
    (SiteKind.CROSSROADS, "路口", 62),
    (SiteKind.PARK, "公园", 14),
    (SiteKind.SQUARE, "广场", 6),
    (SiteKind.STATION, "车站", 10),
    (SiteKind.MARKET, "市场", 4),
    (SiteKind.COMMUNITY, "小区", 4),
)
# Scans by hour of the day, roughly as people are out.
_HOURS = (1, 0, 0, 0, 0, 1, 3, 7, 10, 9, 8, 9, 11, 8, 7, 8, 9, 11, 13, 12, 9, 6, 3, 2)
_CLIENTS = ((Client.WECHAT, 78), (Client.ALIPAY, 9), (Client.BROWSER, 11), (Client.BOT, 2))


def is_there(session: Session) -> bool:
    """Tell whether demo signs were loaded."""
    return session.scalar(select(Site.id).where(Site.is_demo).limit(1)) is not None


def load(session: Session, count: int = COUNT) -> int:
    """Add the demo signs; return how many. Nothing happens when there are some."""
    if is_there(session):
        return 0
    random = Random(SEED)
    places = list(_places(count, random))
    sites = session.scalars(
        insert(Site).returning(Site.id, sort_by_parameter_order=True),
        [
            {
                "number": f"YS-{number:04}",
                "name": f"演示{centre}{number}号{words}",
                "kind": kind,
                "address": f"{centre}演示{number % 90 + 1}路（演示）",
                "latitude": round(latitude, 6),
                "longitude": round(longitude, 6),
                "cell": cell(latitude, longitude),
                "is_demo": True,
            }
            for number, (latitude, longitude, centre, kind, words) in enumerate(places, 1)
        ],
    ).all()
    codes: dict[str, None] = {}
    while len(codes) < count:
        codes.setdefault(new_code(random))
    session.execute(
        insert(Code),
        [{"code": code, "site_id": site} for code, site in zip(codes, sites, strict=True)],
    )
    _plates(session, list(zip(codes, sites, strict=True)), random)
    _scans(session, list(codes)[: count * 85 // 100], random)
    # The planner's own collector comes minutes later; a page opened before would wait for it.
    session.execute(text("ANALYZE qr_sites, qr_codes, qr_plates, qr_plate_moves, qr_scans"))
    return count


def _places(count: int, random: Random) -> Iterator[tuple[float, float, str, SiteKind, str]]:
    area = territory.district()
    weights = [weight for *_, weight in _CENTRES]
    kinds = [share for *_, share in _KINDS]
    made = 0
    while made < count:
        name, latitude, longitude, _ = random.choices(_CENTRES, weights)[0]
        away, direction = abs(random.gauss(0, 900)), random.uniform(0, math.tau)
        north, east = away * math.cos(direction), away * math.sin(direction)
        point = (
            latitude + north / _METRES_PER_DEGREE,
            longitude + east / (_METRES_PER_DEGREE * math.cos(math.radians(latitude))),
        )
        if not area.holds(np.array([point[0]]), np.array([point[1]]))[0]:
            continue
        made += 1
        kind, words, _ = random.choices(_KINDS, kinds)[0]
        yield (*point, name, kind, words)


def _plates(session: Session, signs: list[tuple[str, int]], random: Random) -> None:
    """Most hang since some months, some wait for the printer."""
    now = clock.now()
    rows, moves = [], []
    for code, site in signs:
        begins, state = (
            ("plan", PlateState.PLANNED)
            if random.random() < 0.12
            else ("adopt", PlateState.INSTALLED)
        )
        at = now - timedelta(days=random.randint(5, 300))
        rows.append(
            {
                "code": code,
                "state": state,
                "seen_at": at if begins == "adopt" else None,
                "updated_at": at,
            }
        )
        moves.append({"name": begins, "to_state": state, "at": at, "site_id": site, "seq": 1})
    ids = session.scalars(
        insert(Plate).returning(Plate.id, sort_by_parameter_order=True), rows
    ).all()
    session.execute(
        insert(PlateMove),
        [{**move, "plate_id": plate} for plate, move in zip(ids, moves, strict=True)],
    )


def _scans(session: Session, codes: list[str], random: Random) -> None:
    """Make some weeks of scans; a few busy signs fell silent, so that the desk has something to see."""
    today = clock.city_day(clock.now())
    counts: dict[tuple[str, int, int, Client], int] = {}
    hours = range(24)
    clients = [client for client, _ in _CLIENTS]
    shares = [share for _, share in _CLIENTS]
    for place, code in enumerate(codes):
        habit = random.lognormvariate(-1.2, 1.0)
        silent_days = random.randint(8, 14) if habit > 1.2 and place % 9 == 0 else 0
        for ago in range(max(1, silent_days), 29):
            for _ in range(_poisson(habit, random)):
                hour = random.choices(hours, _HOURS)[0]
                key = (code, ago, hour, random.choices(clients, shares)[0])
                counts[key] = counts.get(key, 0) + 1
    session.execute(
        insert(Scans),
        [
            {
                "code": code,
                "day": today - timedelta(days=ago),
                "hour": hour,
                "client": client,
                "scans": scans,
            }
            for (code, ago, hour, client), scans in counts.items()
        ],
    )


def _poisson(mean: float, random: Random) -> int:
    """Draw how often something happens that happens `mean` times on average (Knuth's way)."""
    limit, count, product = math.exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count
