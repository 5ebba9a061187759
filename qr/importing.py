"""Lists of signs into the register: looked at, checked without writing, applied at once, undone.

The sign's number is the key: the same file again changes nothing. A new sign gets a code and a
plate that is to be printed; a list of signs that hang already brings their codes along.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import territory
from geo import datums
from geo.areas import Area
from geo.cells import cell
from kernel.errors import UnreadableFile
from kernel.records import LATITUDE, LONGITUDE

from . import rules, service
from .codes import tidy_code
from .errors import DatumMissing, FaultsLeft
from .models import Code, Import, Site
from .readers import Row, Table, read
from .rules import KIND_WORDS, SiteKind

DATUMS = ("wgs84", "gcj02", "bd09")
# What a column may be called.
_NAMES = {
    "number": ("number", "编号", "标牌编号", "序号", "sign_no"),
    "name": ("name", "名称", "地点", "地点名称", "点位名称", "place"),
    "latitude": ("latitude", "lat", "纬度", LATITUDE),
    "longitude": ("longitude", "lng", "lon", "经度", LONGITUDE),
    "kind": ("kind", "type", "类型", "类别"),
    "address": ("address", "地址", "位置", "详细位置"),
    "code": ("code", "码", "二维码", "标牌码"),
    "state": ("state", "状态"),
    "datum": ("datum", "坐标系"),
}
_NEEDED = ("number", "name", "latitude", "longitude")
_HANGS = {"installed", "在用", "已安装", "损坏", "1", "是"}
_WAITS = {"", "planned", "待印制", "计划", "未安装", "0", "否", "printed", "待安装"}
_GONE = {"已换新", "已撤除"}  # as our own export says it
_BACK = "重新启用"


@dataclass(frozen=True)
class Entry:
    """A row that can be imported; degrees are WGS-84."""

    line: int
    number: str
    name: str
    kind: SiteKind
    address: str | None
    latitude: float
    longitude: float
    code: str | None
    hangs: bool | None  # None: it is gone


@dataclass
class Report:
    """What a check found, or an import did, row by row."""

    read: int = 0
    added: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, list[str]]] = field(default_factory=list)  # what differs, in words
    same: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)  # row, sentence
    import_id: int | None = None


def check(session: Session, data: bytes, *, datum: str = "") -> Report:
    """Find what the import would do, without doing it; raise a refusal of the file."""
    return _compared(session, read(data), datum)


def apply(
    session: Session,
    data: bytes,
    *,
    file_name: str,
    datum: str = "",
    is_strict: bool = False,
    staff_id: int | None = None,
) -> Report:
    """Import all good rows in this transaction; raise a refusal of the file, or FaultsLeft."""
    # Two imports at the same time come one after the other; scans and pages go on.
    session.execute(text("LOCK TABLE qr_sites IN SHARE ROW EXCLUSIVE MODE"))
    table = read(data)
    report = _compared(session, table, datum)
    if is_strict and report.faults:
        raise FaultsLeft
    if not (report.added or report.changed):
        return report
    record = Import(
        file_name=file_name[-200:] or "未命名",
        sha256=hashlib.sha256(data).hexdigest(),
        datum=table.datum or datum or "wgs84",
        added=len(report.added),
        changed=len(report.changed),
        staff_id=staff_id,
    )
    session.add(record)
    session.flush()
    for entry in report.added:
        _add(session, entry, record.id, staff_id)
    for entry, differences in report.changed:
        _change(session, entry, record.id, staff_id, is_back=_BACK in differences)
    report.import_id = record.id
    return report


def _add(session: Session, entry: Entry, import_id: int, staff_id: int | None) -> None:
    site_id = service.add_site(
        session,
        service.Place(
            number=entry.number,
            name=entry.name,
            kind=entry.kind,
            address=entry.address,
            latitude=entry.latitude,
            longitude=entry.longitude,
        ),
        staff_id=staff_id,
        import_id=import_id,
    )
    if entry.code is None:
        code = service.issue_code(session, site_id)
    else:
        code = entry.code
        session.execute(insert(Code).values(code=code, site_id=site_id))
    service.plan_plate(session, code, begins="adopt" if entry.hangs else "plan")


def _change(
    session: Session, entry: Entry, import_id: int, staff_id: int | None, *, is_back: bool
) -> None:
    site_id = session.scalars(
        update(Site)
        .where(Site.number == entry.number)
        .values(**_content(entry), removed_at=None, import_id=import_id, staff_id=staff_id)
        .returning(Site.id)
    ).one()
    if is_back:  # its code of before stays retired
        service.plan_plate(session, service.issue_code(session, site_id))


def _content(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "address": entry.address,
        "latitude": entry.latitude,
        "longitude": entry.longitude,
        "cell": cell(entry.latitude, entry.longitude),
    }


# -- rows ----------------------------------------------------------------------------------


def _compared(session: Session, table: Table, datum: str) -> Report:
    columns = _columns(table)
    stated = table.datum or datum
    if stated not in DATUMS and "datum" not in columns:
        raise DatumMissing
    report = Report(read=len(table.rows))
    entries: dict[str, Entry] = {}
    area = territory.district()
    for line, row in table.rows:
        try:
            entry = _entry(line, row, columns, stated, area)
        except _Fault as fault:
            report.faults.append((line, str(fault)))
            continue
        first = entries.setdefault(entry.number, entry)
        if first is not entry:
            report.faults.append((line, f"编号 {entry.number} 和第 {first.line} 行重复"))
    _against_register(session, entries, report)
    report.faults.sort()
    return report


class _Fault(Exception):
    """What is wrong with a row, in a sentence for whoever corrects it."""


def _columns(table: Table) -> Mapping[str, str]:
    """Find out which column is what; raise when one is missing that must be there."""
    plain = {name.strip().lower(): name for name in table.columns}
    found = {what: plain[word] for what, words in _NAMES.items() for word in words if word in plain}
    missing = [
        _NAMES[what][1 if len(_NAMES[what]) > 1 else 0] for what in _NEEDED if what not in found
    ]
    if missing:
        raise UnreadableFile(f"文件里缺少这些列：{'、'.join(missing)}。请核对第一行的列名。")
    return found


def _entry(line: int, row: Row, columns: Mapping[str, str], datum: str, area: Area) -> Entry:
    def said(what: str) -> str:
        name = columns.get(what)
        return " ".join(row.get(name, "").replace("\0", "").split()) if name else ""

    number = said("number").upper()
    if not rules.NUMBER.fullmatch(number):
        raise _Fault(
            f"编号「{number[:20]}」不合要求：只用字母、数字和短横，最多 {rules.LONGEST_NUMBER} 个"
        )
    name, address = said("name"), said("address")
    if not 1 <= len(name) <= rules.LONGEST_NAME:
        raise _Fault(f"名称要有，最多 {rules.LONGEST_NAME} 个字")
    if len(address) > rules.LONGEST_ADDRESS:
        raise _Fault(f"地址最多 {rules.LONGEST_ADDRESS} 个字")
    place = _place(said("latitude"), said("longitude"), said("datum").lower() or datum)
    if not area.holds(np.array([place[0]]), np.array([place[1]]))[0]:
        raise _Fault("坐标不在本区内：请核对坐标系，以及经度、纬度是否写反")
    return Entry(
        line=line,
        number=number,
        name=name,
        kind=_kind(said("kind")),
        address=address or None,
        latitude=place[0],
        longitude=place[1],
        code=_code(said("code")),
        hangs=_hangs(said("state")),
    )


def _place(latitude: str, longitude: str, datum: str) -> tuple[float, float]:
    try:
        point = float(latitude), float(longitude)
    except ValueError:
        raise _Fault("纬度或经度不是数字") from None
    if not (abs(point[0]) <= 90 and abs(point[1]) < 180):
        raise _Fault("纬度或经度超出范围")
    if datum not in DATUMS:
        raise _Fault("没有说明坐标系")
    if datum == "bd09":
        point = datums.bd09_to_gcj02(*point)
    if datum != "wgs84":
        point = datums.gcj02_to_wgs84(*point)
    return round(point[0], 7), round(point[1], 7)


def _kind(said: str) -> SiteKind:
    if not said:
        return SiteKind.OTHER
    for kind, words in KIND_WORDS.items():
        if said.lower() == kind or said == words:
            return kind
    raise _Fault(f"没有「{said[:20]}」这个类型，可以写：{'、'.join(KIND_WORDS.values())}")


def _code(said: str) -> str | None:
    if not said:
        return None
    code = tidy_code(said)
    if code is None:
        raise _Fault(f"码「{said[:20]}」不对，请对照牌面")
    return code


def _hangs(said: str) -> bool | None:
    if said in _GONE:
        return None
    if said in _HANGS:
        return True
    if said in _WAITS:
        return False
    raise _Fault(f"状态「{said[:20]}」看不懂，请写「在用」或「待印制」")


# -- what is there -------------------------------------------------------------------------


def _against_register(session: Session, entries: Mapping[str, Entry], report: Report) -> None:
    known = {
        site.number: site for site in session.scalars(select(Site).where(Site.number.in_(entries)))
    }
    owners = _owners(session, [entry.code for entry in entries.values() if entry.code])
    lines: dict[str, int] = {}  # of codes
    for entry in entries.values():
        site = known.get(entry.number)
        fault = _fault_of_code(entry, site, owners, lines)
        if fault:
            report.faults.append((entry.line, fault))
        elif site is None:
            report.added.append(entry)
        elif differences := _differences(site, entry):
            report.changed.append((entry, differences))
        else:
            report.same += 1


def _fault_of_code(
    entry: Entry, site: Site | None, owners: Mapping[str, int], lines: dict[str, int]
) -> str | None:
    """Say what is wrong with a code or a state that the row brings along."""
    if site is None and entry.hangs is None:
        return "已经撤除的标牌不能作为新的导入"
    if entry.code is None:
        return None
    first = lines.setdefault(entry.code, entry.line)
    if first != entry.line:
        return f"码和第 {first} 行重复"
    owner = owners.get(entry.code)
    if site is None and owner is not None:
        return f"码 {entry.code} 已经用过，永远不能再用"
    if site is not None and owner != site.id:
        return f"{entry.number} 已有别的码；换码请在后台办理换新"
    return None


def _owners(session: Session, codes: Sequence[str]) -> dict[str, int]:
    rows = session.execute(select(Code.code, Code.site_id).where(Code.code.in_(codes)))
    return dict(rows.all())


_WORDS = {"name": "名称", "kind": "类型", "address": "地址"}


def _differences(site: Site, entry: Entry) -> list[str]:
    differences = [
        f"{words} {getattr(site, what) or '空'} → {getattr(entry, what) or '空'}"
        for what, words in _WORDS.items()
        if getattr(site, what) != getattr(entry, what)
    ]
    # A tenth of a metre is a number that went through another program.
    if abs(site.latitude - entry.latitude) + abs(site.longitude - entry.longitude) > 1e-6:
        differences.append("坐标")
    if site.removed_at is not None:
        differences.append(_BACK)
    return differences
