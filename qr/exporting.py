"""The whole register as a file that can be imported again. Coordinates are WGS-84."""

import csv
import io
import json

from sqlalchemy.orm import Session

from . import rounds
from .rules import KIND_WORDS, STATE_WORDS, PlateState, SiteKind

COLUMNS = ("编号", "名称", "类型", "地址", "纬度", "经度", "坐标系", "码", "状态")
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(session: Session) -> tuple[bytes, int]:
    """Return the register as CSV with a mark for Excel, and how many sites there are."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for site, code, state in rounds.everything(session):
        count += 1
        cells = (
            site.number,
            site.name,
            KIND_WORDS[SiteKind(site.kind)],
            site.address or "",
            f"{site.latitude:.7f}",
            f"{site.longitude:.7f}",
            "wgs84",
            code or "",
            STATE_WORDS[PlateState(state)] if state else "",
        )
        writer.writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    return file.getvalue().encode("utf-8-sig"), count


def as_geojson(session: Session) -> tuple[bytes, int]:
    """Return the register as GeoJSON (RFC 7946), and how many sites there are."""
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
    return json.dumps(document, ensure_ascii=False).encode(), len(features)
