"""Commands: bring in a tree, bodies or people; demo data, marked as such by the setting `is_demo`."""

import hashlib
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal

from . import demo, importing
from .models import Area, TerritoryImport
from .records import WHAT_WORDS, File, read
from .reports import Report
from .service import add_bodies
from .shapes import DATUMS

commands = AppGroup("demo", help="演示数据。")
territory_commands = AppGroup("territory", help="地域、责任单位和人员。")
_SHOWN = 50  # lines of a report on a terminal


@territory_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--datum", default="wgs84", show_default=True, type=click.Choice([*DATUMS]), help="坐标系"
)
@click.option("--dry-run", is_flag=True, help="只检查、对比，不写入")
@click.option("--complete", is_flag=True, help="这是完整名单：文件里没有的停用（人员则删除）")
def import_file(*, file: Path, datum: str, dry_run: bool, complete: bool) -> None:
    """导入地域（GeoJSON、CSV）、责任单位或人员（CSV）；有一行不行，就一行也不写。

    例：flask territory import 网格.geojson --datum cgcs2000 --dry-run
    """
    try:
        data = file.read_bytes()
        found = read(data, datum=datum)
        if dry_run:
            with transaction() as session:
                report = importing.check(session, found, is_complete=complete)
        else:
            report = _apply(found, file.name, data, {"datum": datum, "is_complete": complete})
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    _tell(report)
    if report.refused:
        raise click.ClickException("有的行不能导入，所以一行也没有写入。请按提示改好再试。")
    click.echo("只是检查，没有写入。" if dry_run else "已导入。")


def _apply(found: File, name: str, data: bytes, wish: dict[str, object]) -> Report:
    with transaction() as session:
        report = importing.apply(session, found, is_complete=bool(wish["is_complete"]))
        if not report.refused:
            session.add(
                TerritoryImport(
                    state="applied",
                    file_name=name[-200:],
                    sha256=hashlib.sha256(data).hexdigest(),
                    wish=wish,
                    report=report.as_json(),
                    applied_at=clock.now(),
                )
            )
    return report


def _tell(report: Report) -> None:
    click.echo(
        f"{WHAT_WORDS[report.what]}：读到 {report.read} 行，新增 {report.added}，"
        f"更改 {report.changed}，不变 {report.same}，停用 {report.retired}，"
        f"不能导入 {report.refused}。"
    )
    said = [
        f"  第 {line} 行{'（不能导入）' if level == 'error' else '（提醒）'}：{sentence}"
        for line, level, sentence in sorted(report.lines)
    ]
    said += [f"  {change}" for change in report.changes]
    for line in said[:_SHOWN]:
        click.echo(line)
    if len(said) > _SHOWN:
        click.echo(f"  …… 另有 {len(said) - _SHOWN} 条")


@commands.command("load")
def load() -> None:
    """装入演示数据；可重复执行，已有的不动。

    例：flask demo load
    """
    bodies = demo.bodies()
    with transaction() as session:
        is_bare = session.scalar(select(Area.code).limit(1)) is None
        if is_bare:
            importing.apply(session, read(demo.geojson()))
        # Where there is another tree, the demo's bodies have no place in it.
        added = add_bodies(
            session, [each if is_bare else {**each, "area_code": None} for each in bodies]
        )
        if is_bare:
            importing.apply(session, read(demo.people()))
    click.echo(f"演示数据：新增责任单位 {added} 个，已有 {len(bodies) - added} 个。")
    if is_bare:
        click.echo(f"演示地域：{len(demo.tree())} 个（街道、社区、网格的边界都是示意）。")
