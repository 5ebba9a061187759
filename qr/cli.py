"""Commands about signs."""

import time
from pathlib import Path

import click
from flask.cli import AppGroup

from kernel.database import transaction
from kernel.errors import Refusal

from . import demo, exporting, importing, load, weighing
from .importing import Report

commands = AppGroup("signs", help="街头标牌：导入、导出、印制、演示数据。")
_SHOWN = 20


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--datum", default="", type=click.Choice(["", *importing.DATUMS]), help="坐标系")
@click.option("--dry-run", is_flag=True, help="只检查、对比，不写入")
@click.option("--strict", is_flag=True, help="有一行不能导入，就一行也不导入")
def import_file(*, file: Path, datum: str, dry_run: bool, strict: bool) -> None:
    """导入标牌点位（CSV、XLSX、GeoJSON）；以编号为准，可重复执行。

    列名：编号、名称、纬度、经度；可选：类型、地址、码、状态、坐标系。

    例：flask signs import 标牌.xlsx --datum gcj02 --dry-run
    """
    data = file.read_bytes()
    try:
        with transaction() as session:
            if dry_run:
                report = importing.check(session, data, datum=datum)
            else:
                report = importing.apply(
                    session, data, file_name=file.name, datum=datum, is_strict=strict
                )
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    _tell(report)
    if dry_run:
        click.echo("只是检查，没有写入。")
    elif report.import_id is None:
        click.echo("没有可写入的改动。")
    else:
        click.echo(f"已导入，编号 {report.import_id}。撤销：flask signs undo {report.import_id}")


def _tell(report: Report) -> None:
    click.echo(
        f"读到 {report.read} 行：新增 {len(report.added)}，更改 {len(report.changed)}，"
        f"不变 {report.same}，不能导入 {len(report.faults)}。"
    )
    for line, sentence in report.faults[:_SHOWN]:
        click.echo(f"  第 {line} 行（不导入）：{sentence}")
    if len(report.faults) > _SHOWN:
        click.echo(f"  …… 另有 {len(report.faults) - _SHOWN} 行")
    for entry, differences in report.changed[:_SHOWN]:
        click.echo(f"  第 {entry.line} 行 {entry.number}：{'；'.join(differences)}")


@commands.command("undo")
@click.argument("import_id", type=int)
def undo(import_id: int) -> None:
    """撤销一次导入：改过的恢复，新增的撤除（发出的码从此作废，不再使用）。"""
    try:
        with transaction() as session:
            restored, removed = load.undo(session, import_id)
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已撤销：恢复 {restored} 个，撤除 {removed} 个。")


@commands.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_file(file: Path) -> None:
    """导出全部点位（.csv、.xlsx 或 .geojson，坐标系 WGS-84）；改过后可以再导入。

    例：flask signs export 标牌.csv
    """
    forms = {
        ".csv": exporting.as_csv,
        ".xlsx": exporting.as_xlsx,
        ".geojson": exporting.as_geojson,
    }
    form = forms.get(file.suffix.lower())
    if form is None:
        raise click.ClickException("文件名请以 .csv、.xlsx 或 .geojson 结尾。")
    with transaction() as session:
        file.write_bytes(form(session))
    click.echo(f"已导出到 {file}。")


@commands.command("weigh")
def weigh() -> None:
    """现在就统计一次使用情况（平时每小时一次）。"""
    with transaction() as session:
        weighing.weigh(session)
    click.echo("已统计。")


@commands.command("demo")
@click.option("--count", default=demo.COUNT, show_default=True, type=click.IntRange(1, 50_000))
def load_demo(*, count: int) -> None:
    """装入演示标牌（编造的，处处标明「演示」）；已经有了就什么也不做。"""
    begun = time.monotonic()
    with transaction() as session:
        added = demo.load(session, count)
        if added:
            weighing.weigh(session)
    if added:
        click.echo(f"演示标牌：新增 {added} 块（{time.monotonic() - begun:.1f} 秒）。")
    else:
        click.echo("演示标牌已经在了，没有改动。")
