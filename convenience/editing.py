"""One facility made, changed, removed and put back by hand. The caller opens the transaction.

What is typed is read by the same rules as a file's cells; what an import would only remark on is
refused here: somebody sits in front of it and can put it right.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import territory
from geo.cells import cell
from geo.grids import frame
from kernel import clock

from .errors import (
    BadFacility,
    CodeTaken,
    FacilityNotFound,
    NotUndoable,
    StaleFacility,
    UnknownKind,
)
from .fields import CONVERTERS, Rest
from .models import CONTENT, Facility, Kind
from .rules import LONGEST_NAME, LONGEST_TEXT, is_code, tidy

DATUMS = {"wgs84": "WGS-84（GPS）", "gcj02": "GCJ-02（高德、腾讯、微信）", "bd09": "BD-09（百度）"}
# The outline is coarse: who stands a little outside of it may be ours.
_MARGIN_M = 1000.0
_DECIMALS = 7


@dataclass(frozen=True)
class Typed:
    """What an operator typed: texts by field, as in a file; `datum` is that of the place."""

    texts: Mapping[str, str]
    datum: str
    is_outside_kept: bool = False
    photo_key: str | None = None  # of a new photo
    is_photo_dropped: bool = False


@dataclass(frozen=True)
class _Read:
    facts: dict[str, object]
    faults: list[str] = field(default_factory=list)


def add(session: Session, typed: Typed, *, staff_id: int) -> str:
    """Add a facility and return its code; raise BadFacility, CodeTaken, UnknownKind."""
    facts = _read(session, typed)
    code = tidy(typed.texts.get("code", "")) or f"m-{secrets.token_hex(5)}"
    if not is_code(code):
        raise BadFacility("编号只能用字母、数字和 - _ . :，不超过 64 个。")
    _lock(session)
    if session.scalar(select(Facility.id).where(Facility.code == code)) is not None:
        raise CodeTaken
    made = Facility(code=code, staff_id=staff_id, source="desk", photo_key=typed.photo_key, **facts)
    session.add(made)
    session.flush()
    return code


def change(session: Session, code: str, typed: Typed, *, revision: int, staff_id: int) -> None:
    """Change a facility as it was at `revision`; raise StaleFacility when it changed since.

    Raises FacilityNotFound, BadFacility, UnknownKind too.
    """
    facts = _read(session, typed)
    facility = _taken(session, code, revision)
    if typed.photo_key or typed.is_photo_dropped:
        facts["photo_key"] = typed.photo_key
    for name, value in facts.items():
        setattr(facility, name, value)
    facility.staff_id, facility.import_id = staff_id, None
    session.flush()


def remove(session: Session, code: str, *, reason: str, revision: int, staff_id: int) -> None:
    """Remove a facility; its tombstone stays. Raises FacilityNotFound, StaleFacility, BadFacility."""
    reason = tidy(reason)
    if not 1 <= len(reason) <= LONGEST_TEXT:
        raise BadFacility("请写明撤除的原因，居民会看到，不超过 200 字。")
    facility = _taken(session, code, revision)
    facility.removed_at, facility.removal_reason = clock.now(), reason
    facility.staff_id, facility.import_id = staff_id, None
    session.flush()


def take_back(session: Session, code: str, *, revision: int) -> None:
    """Undo the newest change of a facility: everything is as before it.

    Raises FacilityNotFound, StaleFacility; NotUndoable where there is nothing before, and for what an
    import did, which is undone as a whole.
    """
    facility = _taken(session, code, revision)
    if facility.import_id is not None:
        raise NotUndoable("这是一次导入带来的，请到导入记录里撤销那次导入。")
    settings = ", ".join(f"{name} = b.{name}" for name in (*CONTENT, "revision"))
    restored = session.execute(
        text(
            f"UPDATE convenience_facilities AS f SET {settings}"  # noqa: S608  # names of our own columns
            " FROM convenience_changes AS c,"
            " jsonb_populate_record(NULL::convenience_facilities, c.before) AS b"
            " WHERE f.id = :id AND c.id = f.revision AND c.before IS NOT NULL RETURNING f.id"
        ),
        {"id": facility.id},
    ).all()
    if not restored:
        raise NotUndoable("这是刚添加的，没有以前的内容；不要了请撤除。")
    session.expire(facility)


def _lock(session: Session) -> None:
    # Before the row's lock: an import that holds the table waits for rows last.
    session.execute(text("LOCK TABLE convenience_facilities IN ROW EXCLUSIVE MODE"))


def _taken(session: Session, code: str, revision: int) -> Facility:
    _lock(session)
    facility = session.scalar(
        select(Facility)
        .where(Facility.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if facility is None:
        raise FacilityNotFound
    if facility.revision != revision:
        raise StaleFacility
    return facility


def _read(session: Session, typed: Typed) -> dict[str, object]:
    faults: list[str] = []
    texts = {name: tidy(said) for name, said in typed.texts.items()}
    kind = texts.get("kind", "")
    if not session.scalar(select(Kind.code).where(Kind.code == kind, Kind.is_active)):
        raise UnknownKind
    name = texts.get("name", "")
    if not 1 <= len(name) <= LONGEST_NAME:
        faults.append(f"请写名称，不超过 {LONGEST_NAME} 个字")
    rest: Rest = {}
    for column, convert in CONVERTERS.items():
        convert(column, texts.get(column, ""), rest, lambda *told: faults.append(told[2]))
    latitude, longitude = _place(texts, typed, faults)
    if faults:
        raise BadFacility("；".join(faults) + "。请改好再保存。")
    facts: dict[str, object] = {**rest, "kind": kind, "name": name}
    facts |= {"latitude": latitude, "longitude": longitude, "cell": cell(latitude, longitude)}
    return facts | {"removed_at": None, "removal_reason": None}


def _place(texts: Mapping[str, str], typed: Typed, faults: list[str]) -> tuple[float, float]:
    if typed.datum not in DATUMS:
        faults.append("请选择坐标系：选错会偏出几百米")
        return 0.0, 0.0
    try:
        east, north = float(texts.get("longitude", "")), float(texts.get("latitude", ""))
    except ValueError:
        faults.append("请写经度和纬度，用小数，例如 106.5300 和 29.5745")
        return 0.0, 0.0
    latitudes, longitudes = frame(typed.datum, {}).to_wgs84(np.array([east]), np.array([north]))
    latitude = round(float(latitudes[0]), _DECIMALS)
    longitude = round(float(longitudes[0]), _DECIMALS)
    if not (abs(latitude) <= 90 and -180 <= longitude < 180):  # also for what is no number
        faults.append("这个坐标不在地球上，请核对经度和纬度")
        return 0.0, 0.0
    away = float(
        territory.district().metres_outside(np.array([latitude]), np.array([longitude]))[0]
    )
    if away > _MARGIN_M and not typed.is_outside_kept:
        faults.append(f"这个坐标在区外 {away / 1000:.1f} 公里：请核对，或勾选「区外也保存」")
    return latitude, longitude
