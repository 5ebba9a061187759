"""Imports: a file is looked at, checked without writing, applied in one transaction, undone.

The caller opens the transaction and commits; what fails leaves everything as it was.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.readers import (
    LINE,
    REASON,
    Document,
    Progress,
    Source,
)
from kernel.tables import guarded

from . import diff, load, mapping_toml
from .diff import Tally
from .errors import (
    FaultsLeft,
    ImportNotFound,
    NotUndoable,
    StaleCheck,
    TooManyFaults,
)
from .mapping import FileMapping
from .models import Import, Kind
from .rules import plain, tidy
from .validation import Kinds, Validator


@dataclass(frozen=True)
class Wish:
    """What is asked for besides the mapping."""

    is_complete: bool = False  # the file is the whole list of its source: others are removed
    is_strict: bool = False  # one bad row and nothing is imported
    is_demo: bool = False


@dataclass(frozen=True)
class Report:
    """What a check found, or an import did."""

    tally: Tally
    counts: Mapping[str, int]  # of faults, by "level:code"
    faults: Sequence[tuple[int, str, str]]  # row, level, sentence: the first ones
    added: Sequence[Sequence[Any]] = ()  # row, code, name
    changed: Sequence[Sequence[Any]] = ()  # row, code, name, [[field, before, after]]
    removed: Sequence[Sequence[str]] = ()  # code, name
    mark: str = ""
    refused: Mapping[int, Sequence[str]] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return what a page needs; the rows that were refused are in a file of their own."""
        return {**asdict(replace(self, refused={}))}

    @property
    def has_changes(self) -> bool:
        return bool(self.tally.added or self.tally.changed or self.tally.removed)


def kinds(session: Session) -> Kinds:
    """Return the kinds that files may speak of, by all their words."""
    rows = session.scalars(select(Kind).where(Kind.is_active).order_by(Kind.position.desc())).all()
    words = {}
    for kind in rows:
        words.update({plain(word): kind.code for word in (kind.code, kind.name, *kind.aliases)})
    return Kinds({kind.code: kind.name for kind in rows}, words)


def refuse_unreadable(session: Session, source: Source, mapping: FileMapping) -> None:
    """Raise what is wrong with a mapping before any row is read."""
    Validator(source, mapping, kinds(session))


def check(
    session: Session,
    source: Source,
    mapping: FileMapping,
    wish: Wish | None = None,
    *,
    progress: Progress | None = None,
) -> Report:
    """Find what the import would do, without doing it; raise a refusal of file or mapping."""
    wish = wish or Wish()
    validator = Validator(source, mapping, kinds(session))
    try:
        staged = diff.stage(session, validator, progress)
        diff.compare(session, staged, mapping)
    except diff.TooMany as stopped:
        return _report(session, stopped.staged, mapping, wish, is_stopped=True)
    return _report(session, staged, mapping, wish)


def _report(
    session: Session,
    staged: diff.Staged,
    mapping: FileMapping,
    wish: Wish,
    *,
    is_stopped: bool = False,
) -> Report:
    counts = {
        f"{level}:{code}": count
        for (level, code), count in sorted(
            staged.kinds_of_fault.items(), key=lambda item: (item[0][0], -item[1])
        )
    }
    if is_stopped:
        counts["error:stopped"] = 1
    faults = [(f.row, f.level, f.sentence) for f in sorted(staged.faults, key=lambda f: f.row)]
    if is_stopped:
        return Report(staged.tally, counts, faults, refused=staged.refused)
    mark = diff.count(session, staged, source=mapping.source, is_complete=wish.is_complete)
    shown = diff.examples(session, mapping)
    removed = diff.missing(session, mapping.source, 30) if wish.is_complete else ()
    return Report(
        tally=staged.tally,
        counts=counts,
        faults=faults,
        added=shown["added"],
        changed=shown["changed"],
        removed=removed,
        mark=mark,
        refused=staged.refused,
    )


@dataclass(frozen=True)
class Applied:
    """An import that was made; without `import_id` there was nothing to do."""

    import_id: int | None
    report: Report


def apply(
    session: Session,
    document: Document,
    source: Source,
    mapping: FileMapping,
    wish: Wish | None = None,
    *,
    staff_id: int | None = None,
    record: Import | None = None,
    seen_mark: str | None = None,
    progress: Progress | None = None,
) -> Applied:
    """Import a file: all good rows in this transaction, the bad ones told.

    The same file again changes nothing. `record` is the import that a page prepared; otherwise one
    is made when there is something to do. Raises TooManyFaults; FaultsLeft where even one bad row
    is too many; StaleCheck when by now it would do something else than was seen.
    """
    wish = wish or Wish()
    validator = Validator(source, mapping, kinds(session))
    try:
        staged = diff.stage(session, validator, progress)
        load.lock(session)
        diff.compare(session, staged, mapping)
    except diff.TooMany as stopped:
        raise TooManyFaults from stopped
    report = _report(session, staged, mapping, wish)
    if report.refused and (wish.is_strict or wish.is_complete):
        raise FaultsLeft
    if seen_mark is not None and seen_mark != report.mark:
        raise StaleCheck
    if record is None:
        if not report.has_changes:
            return Applied(None, report)
        record = Import(file_name=_file_name(document), sha256=document.sha256(), state="received")
        session.add(record)
    record.state, record.applied_at = "applied", clock.now()
    record.mapping, record.report = mapping_toml.dump(mapping), report.as_json()
    record.staff_id = staff_id
    session.flush()
    load.write(
        session,
        import_id=record.id,
        mapping=mapping,
        source=mapping.source,
        is_demo=wish.is_demo,
        is_complete=wish.is_complete,
    )
    return Applied(record.id, report)


def undo(session: Session, *, import_id: int, staff_id: int | None = None) -> load.Undone:
    """Put everything back as it was before the import; raise ImportNotFound, NotUndoable."""
    # The import's own row first, as whoever applies it at the desk does: so they never wait in a ring.
    record = session.scalar(
        select(Import)
        .where(Import.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if record is None:
        raise ImportNotFound
    if record.state != "applied":
        raise NotUndoable
    load.lock(session)
    undone = load.take_back(session, import_id=import_id, staff_id=staff_id)
    record.state, record.undone_at, record.undone_by = "undone", clock.now(), staff_id
    return undone


def _file_name(document: Document) -> str:
    return tidy(document.name)[-200:] or "未命名"


# -- rows to correct -----------------------------------------------------------------------


def write_refused(source: Source, refused: Mapping[int, Sequence[str]], file: TextIO) -> int:
    """Write the refused rows as CSV, with the reason in front; return how many there are.

    Columns keep their names, so that the corrected file can be imported by the same mapping.
    """
    keep = [place for place, name in enumerate(source.columns) if name not in (REASON, LINE)]
    writer = csv.writer(file)
    writer.writerow([REASON, LINE, *(source.columns[place] for place in keep)])
    count = 0
    for number, cells in source.rows(None):
        if number in refused:
            count += 1
            said = [guarded(cells[place]) for place in keep]
            writer.writerow(["；".join(refused[number]), number, *said])
    return count
