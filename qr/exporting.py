"""The whole register as a file that can be imported again. Coordinates are WGS-84."""

import json
from collections.abc import Iterator

from sqlalchemy.orm import Session

from kernel import tables

from . import rounds
from .rules import KIND_WORDS, STATE_WORDS, PlateState, SiteKind

COLUMNS = ("编号", "名称", "类型", "地址", "纬度", "经度", "坐标系", "码", "状态")


def rows(session: Session) -> Iterator[tables.Row]:
    """Give the register row by row, under COLUMNS."""
    for site, code, state in rounds.everything(session):
        yield (
            site.number,
            site.name,
            KIND_WORDS[SiteKind(site.kind)],
            site.address,
            f"{site.latitude:.7f}",
            f"{site.longitude:.7f}",
            "wgs84",
            code,
            STATE_WORDS[PlateState(state)] if state else None,
        )


def as_csv(session: Session) -> bytes:
    """Return the register as CSV, as Excel reads it."""
    return "".join(tables.csv_lines(COLUMNS, rows(session))).encode()


def as_xlsx(session: Session) -> bytes:
    """Return the register as a workbook."""
    return tables.xlsx("标牌", COLUMNS, rows(session))


def as_geojson(session: Session) -> bytes:
    """Return the register as GeoJSON (RFC 7946)."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [site.longitude, site.latitude]},
            "properties": {
                "number": site.number,
                "name": site.name,
                "kind": site.kind,
                "address": site.address,
                "code": code,
                "state": STATE_WORDS[PlateState(state)] if state else None,
            },
        }
        for site, code, state in rounds.everything(session)
    ]
    document = {"type": "FeatureCollection", "features": features}
    return json.dumps(document, ensure_ascii=False).encode()
