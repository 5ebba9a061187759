"""Demo data of the district, marked as such by the setting `is_demo`."""

import click
from flask.cli import AppGroup

from kernel.database import transaction

from .service import add_body

commands = AppGroup("demo", help="演示数据。")

# Names and codes of the streets and towns: National Bureau of Statistics, division codes 2023.
# The business district has no such code; the departments' codes are the demo's own.
_BODIES = (
    ("500105001", "华新街街道", "street"),
    ("500105002", "江北城街道", "street"),
    ("500105003", "石马河街道", "street"),
    ("500105004", "大石坝街道", "street"),
    ("500105005", "寸滩街道", "street"),
    ("500105006", "观音桥街道", "street"),
    ("500105007", "五里店街道", "street"),
    ("500105008", "郭家沱街道", "street"),
    ("500105009", "铁山坪街道", "street"),
    ("500105100", "鱼嘴镇", "town"),
    ("500105101", "复盛镇", "town"),
    ("500105102", "五宝镇", "town"),
    ("500105-B1", "观音桥商圈", "business_area"),
    ("500105-D1", "市政设施维护（演示）", "department"),
    ("500105-D2", "环境卫生（演示）", "department"),
    ("500105-D3", "园林绿化（演示）", "department"),
    ("500105-D4", "照明管理（演示）", "department"),
)


@commands.command("load")
def load() -> None:
    """装入演示数据；可重复执行，已有的不动。

    例：flask demo load
    """
    with transaction() as session:
        added = sum(
            add_body(session, code=code, name=name, kind=kind) for code, name, kind in _BODIES
        )
    click.echo(f"演示数据：新增责任单位 {added} 个，已有 {len(_BODIES) - added} 个。")
