"""Commands about signs."""

import time
from collections.abc import Sequence
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal

from . import demo, exporting, importing, load, rounds, service, weighing
from .errors import NothingToPrint, StalePlate
from .importing import Report
from .printing import LAYOUTS, BatchSpec, Plate, print_batch

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


@commands.command("print")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--layout", default="post", show_default=True, type=click.Choice(list(LAYOUTS)))
@click.option("--number", "numbers", multiple=True, help="只印这些编号，可以写几次")
@click.option("--limit", default=5000, show_default=True, type=click.IntRange(1, 20_000))
@click.option("--again", type=int, help="重印这一批（不改状态）")
@click.option("--name", default="", help="批次名，印在清单上；不写就用日期")
@click.option("--address", default="", help="印在码里的网址；不写就用本站的公开网址")
def print_plates(
    *,
    folder: Path,
    layout: str,
    numbers: tuple[str, ...],
    limit: int,
    again: int | None,
    name: str,
    address: str,
) -> None:
    """印制待印的标牌：每块都读回核对过，才放出 FOLDER，并记为「待安装」。

    例：flask signs print 批次-1 --layout post
    """
    chosen = current_app.extensions["baixing_settings"]
    with transaction() as session:
        wanted = rounds.to_print(session, numbers=numbers, batch_id=again, limit=limit)
    spec = {
        "batch": name or f"{clock.city_day(clock.now()):%Y%m%d}-{len(wanted)}",
        "layout": layout,
        "public_url": address or chosen.public_url,
        "district_name": chosen.district_name,
        "hotline": chosen.hotline,
    }
    try:
        _print(wanted, BatchSpec(**spec), folder)
        if again is None:
            with transaction() as session:
                again = service.start_batch(
                    session, plate_ids=[each.plate_id for each in wanted], layout=layout
                )
    except StalePlate as refusal:
        raise click.ClickException(
            f"印制期间有人印过其中的标牌，没有记下这一批：请不要使用 {folder}，删掉后重新印。"
        ) from refusal
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"第 {again} 批：{len(wanted)} 块，已全部读回核对，在 {folder}。")


def _print(wanted: Sequence[rounds.ToPrint], spec: BatchSpec, folder: Path) -> None:
    if not wanted:
        raise NothingToPrint
    plates = [Plate(code=one.code, number=one.number, place_name=one.name) for one in wanted]
    print_batch(plates, spec, folder)


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
