"""Commands about facilities."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from kernel.database import transaction
from kernel.documents import open_document
from kernel.errors import Refusal
from kernel.readers import COMMAND, Document, Options, Progress, Source

from . import demo, feeds, importing, mapping_toml, postgis, service
from .errors import KindTaken
from .importing import Report, Wish
from .mapping import ANYWHERE, FileMapping
from .models import Facility

commands = AppGroup("facilities", help="便民设施：导入、撤销、演示数据。")


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", "mapping_name", required=True, help="随附的对应关系名，或 TOML 文件")
@click.option("--datum", default="", help="坐标系：wgs84、cgcs2000、gcj02、bd09 或 EPSG:编号")
@click.option("--dry-run", is_flag=True, help="只检查、对比，不写入")
@click.option("--complete", is_flag=True, help="这是完整名单：同一来源里没有的设施标为撤除")
@click.option("--strict", is_flag=True, help="有一行不能导入，就一行也不导入")
@click.option("--outside", is_flag=True, help="区外的点也导入")
@click.option("--keep-doubles", is_flag=True, help="疑似重复的行也导入")
@click.option("--faults", type=click.Path(path_type=Path), help="问题行写到这个文件")
def import_file(
    *,
    file: Path,
    mapping_name: str,
    datum: str,
    dry_run: bool,
    complete: bool,
    strict: bool,
    outside: bool,
    keep_doubles: bool,
    faults: Path | None,
) -> None:
    """导入设施名单（CSV、XLSX、GeoJSON、Overpass JSON）。

    例：flask facilities import 公厕.xlsx --mapping 公厕.toml --dry-run
    """
    wish = Wish(is_complete=complete, is_strict=strict)
    try:
        mapping = _mapping(mapping_name)
        mapping = replace(mapping, datum=datum or mapping.datum)
        if outside:
            mapping = replace(mapping, outside="keep")
        if keep_doubles:
            mapping = replace(mapping, duplicates="keep")
        document = Document(file.name, file)
        source = open_document(document, mapping.file, COMMAND)
        report, import_id = _run(document, source, mapping, wish, is_dry=dry_run)
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    _tell(report)
    if report.refused:
        path = _written(source, report, faults or _free_name(file))
        click.echo(f"要改的行写在 {path}：改好后用同一份对应关系再导入即可。")
    if dry_run:
        click.echo("只是检查，没有写入。")
    elif import_id is None:
        click.echo("和现有数据完全一致，没有改动。")
    else:
        click.echo(f"已导入，编号 {import_id}。撤销：flask facilities undo {import_id}")


def _mapping(name: str) -> FileMapping:
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise click.ClickException(f"没有找到 {name}。")
        return mapping_toml.load(path.read_text("utf-8"))
    return mapping_toml.load(mapping_toml.shipped_toml(name))


def _run(
    document: Document, source: Source, mapping: FileMapping, wish: Wish, *, is_dry: bool
) -> tuple[Report, int | None]:
    with _bar("读取") as progress, transaction() as session:
        if is_dry:
            return importing.check(session, source, mapping, wish, progress=progress), None
        applied = importing.apply(session, document, source, mapping, wish, progress=progress)
        return applied.report, applied.import_id


@contextmanager
def _bar(title: str) -> Iterator[Progress | None]:
    """Show how far it is, where somebody can see it."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1000, label=title, file=sys.stderr) as bar:

        def progress(done: int, of: int) -> None:
            bar.update(int(1000 * done / max(of, 1)) - bar.pos)

        yield progress
        bar.update(1000 - bar.pos)


def _tell(report: Report) -> None:
    tally = report.tally
    click.echo(
        f"读到 {tally.read} 行：新增 {tally.added}，更改 {tally.changed}，不变 {tally.same}，"
        f"撤除 {tally.removed}，不能导入 {tally.refused}，跳过 {tally.skipped}。"
    )
    for row, level, sentence in list(report.faults)[:20]:
        click.echo(f"  第 {row} 行{'（不导入）' if level == 'error' else '（提醒）'}：{sentence}")
    hidden = sum(report.counts.values()) - 20
    if hidden > 0:
        click.echo(f"  …… 另有 {hidden} 条提示")
    if "error:stopped" in report.counts:
        click.echo("有问题的行太多，多半是坐标系或列选错了，检查到此为止。")
    for row, code, name, differences in list(report.changed)[:10]:
        words = "；".join(f"{what} {before} → {after}" for what, before, after in differences)
        click.echo(f"  第 {row} 行 {name}（{code}）：{words}")


def _free_name(file: Path) -> Path:
    """Return a name beside the file that is not taken: somebody may be correcting the last one."""
    names = (Path(f"{file.stem}.问题行{n if n > 1 else ''}.csv") for n in range(1, 1000))
    return next(name for name in names if not name.exists())


def _written(source: Source, report: Report, path: Path) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        importing.write_refused(source, report.refused, file)
    return path


@commands.command("undo")
@click.argument("import_id", type=int)
def undo(import_id: int) -> None:
    """撤销一次导入，恢复到导入之前。"""
    try:
        with transaction() as session:
            undone = importing.undo(session, import_id=import_id)
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已撤销：恢复 {undone.restored} 个，撤除 {undone.removed} 个。")


@commands.command("mappings")
def mappings() -> None:
    """列出随附的对应关系。"""
    for name, title in mapping_toml.shipped().items():
        click.echo(f"{name}\t{title}")


@commands.command("postgis")
def prepare_postgis() -> None:
    """为 PostGIS 建好扩展和索引（BAIXING_NEAREST_ENGINE=postgis 之前做一次）。"""
    try:
        with transaction() as session:
            postgis.prepare(session)
    except DBAPIError as fault:
        raise click.ClickException(f"没有做成：{fault.orig}") from fault
    click.echo("好了。请设 BAIXING_NEAREST_ENGINE=postgis 后重新启动。")


@commands.command("add-kind")
@click.argument("code")
@click.argument("name")
@click.option("--alias", "aliases", multiple=True, help="别名，可以写几次")
def add_kind(code: str, name: str, aliases: tuple[str, ...]) -> None:
    """添加一类设施。

    例：flask facilities add-kind charging 充电桩 --alias 充电站
    """
    try:
        with transaction() as session:
            service.add_kind(session, code=code, name=name, aliases=list(aliases))
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已添加类别 {name}（{code}）。")


@commands.command("add-feed")
@click.argument("name")
@click.option("--source", default="", help="只许说这个来源的设施；不写就是所有设施")
def add_feed(name: str, source: str) -> None:
    """添加一个停车空位数据源，给出它的密钥（只显示这一次）。

    例：flask facilities add-feed 江北停车平台 --source census
    """
    try:
        with transaction() as session:
            key = feeds.add_feed(session, name=name, source=source)
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已添加数据源 {name}。密钥只显示这一次，请收好：")
    click.echo(key)


@commands.command("close-feed")
@click.argument("name")
def close_feed(name: str) -> None:
    """停用一个数据源的密钥。

    例：flask facilities close-feed 江北停车平台
    """
    try:
        with transaction() as session:
            feeds.close_feed(session, name=name)
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"已停用数据源 {name}。")


def _has_demo() -> bool:
    with transaction() as session:
        return session.scalar(select(Facility.id).where(Facility.is_demo).limit(1)) is not None


@commands.command("demo")
@click.option("--count", default=20_400, show_default=True, type=click.IntRange(1, 2_000_000))
@click.option("--if-missing", is_flag=True, help="已有演示设施时什么也不做")
def load_demo(*, count: int, if_missing: bool) -> None:
    """装入演示设施（编造的，处处标明「演示」）；可重复执行，不会重复。

    例：flask facilities demo --count 20400
    """
    if if_missing and _has_demo():
        click.echo("演示设施已经在了，没有改动。")
        return
    begun = time.monotonic()
    for code, name, aliases, position in demo.EXTRA_KINDS:
        with suppress(KindTaken), transaction() as session:
            service.add_kind(session, code=code, name=name, aliases=aliases, position=position)
    document = Document("演示设施.csv", demo.table(count))
    mapping = replace(mapping_toml.load(demo.MAPPING), area=ANYWHERE)
    source = open_document(document, Options(), COMMAND)
    with transaction() as session:
        applied = importing.apply(session, document, source, mapping, Wish(is_demo=True))
    tally = applied.report.tally
    click.echo(
        f"演示设施：新增 {tally.added} 个，更改 {tally.changed} 个，已有 {tally.same} 个"
        f"（{time.monotonic() - begun:.1f} 秒）。"
    )
