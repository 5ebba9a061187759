"""The column-mapping dialogue: what a form says, made a mapping; and a guess to begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .errors import BadMapping
from .mapping import ANYWHERE, DISTRICT, FIELDS, Column, FileMapping
from .rules import plain, tidy

KEEP = "@"  # in a field's list: as the chosen mapping says, which is more than one column
LONGEST = 200

# Other words that head such columns, besides the dialogue's own and the fields' names.
_HEADS = {
    "code": ("编码", "序号编码", "id", "no", "编号id", "设施编号"),
    "kind": ("类型", "设施类型", "类别名称", "type"),
    "name": ("设施名称", "公厕名称", "停车场名称", "点位名称", "title"),
    "street": ("所在街道", "街道", "路名", "道路"),
    "address": ("详细地址", "位置", "所在位置", "addr"),
    "longitude": ("lng", "lon", "long", "x", "东经", "geo:lng"),
    "latitude": ("lat", "y", "北纬", "geo:lat"),
    "lnglat": ("坐标", "经纬度", "经纬度坐标"),
    "hours": ("营业时间", "服务时间", "开放时段", "opening_hours", "open"),
    "fee": ("收费标准", "价格", "charge"),
    "is_free": ("是否免费", "免费"),
    "is_accessible": ("无障碍设施", "是否无障碍", "wheelchair"),
    "phone": ("联系电话", "手机", "tel", "contact"),
    "keeper": ("管理单位", "权属单位", "责任单位", "operator"),
    "capacity": ("车位数", "泊位数", "总车位", "spaces"),
    "verified_on": ("核实时间", "check_date"),
}


def guessed(columns: Sequence[str]) -> FileMapping:
    """Return a mapping of the columns whose names say what they are."""
    by_word = {
        plain(word): field
        for field, label in reversed(FIELDS.items())
        for word in (*_HEADS.get(field, ()), label, field)
    }
    found: dict[str, Column] = {}
    for name in columns:
        field = by_word.get(plain(name))
        if field and field not in found:
            found[field] = Column.of(name)
    if "longitude" in found and "latitude" in found:
        found.pop("lnglat", None)
    return FileMapping(columns=found)


def read(form: Mapping[str, str], base: FileMapping, columns: Sequence[str]) -> FileMapping:
    """Return the mapping that the form says, on top of the one that it was filled in from.

    Raises BadMapping for what cannot be; the check of the whole is the import's own.
    """
    chosen: dict[str, Column] = {}
    for field in FIELDS:
        said = form.get(f"column-{field}", "")
        if said == KEEP and field in base.columns:
            chosen[field] = base.columns[field]
        elif said and said in columns:
            chosen[field] = Column.of(said)
        elif said:
            raise BadMapping(f"文件里没有「{tidy(said)[:40]}」这一列，请重新选择。")
    datum = tidy(form.get("datum", ""))[:40]
    if datum == "other":
        datum = tidy(form.get("datum_other", ""))[:40]
    source = tidy(form.get("source", ""))
    if len(source) > 64:
        raise BadMapping("来源不超过 64 个字。")
    return replace(
        base,
        title=tidy(form.get("title", ""))[:LONGEST] or base.title,
        source=source,
        datum=datum,
        kind=tidy(form.get("kind", ""))[:40],
        area=_area(form, base),
        outside="keep" if form.get("outside") == "1" else "refuse",
        duplicates="keep" if form.get("duplicates") == "1" else "refuse",
        columns=chosen,
        values={field: words for field, words in base.values.items() if field in chosen},
    )


def _area(form: Mapping[str, str], base: FileMapping) -> str | tuple[float, float, float, float]:
    if form.get("area") == KEEP:
        return base.area
    return ANYWHERE if form.get("area") == ANYWHERE else DISTRICT
