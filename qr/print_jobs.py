"""Batches that the desk asks for: queued, made by one worker at a time, released or refused.

The row says how far a batch is. A worker that dies loses its claim after a minute, and the sweeper
sends the job again; what was half made lay in the dead worker's own folder.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import and_, func, or_, select, text, update
from sqlalchemy.orm import Session

import accounts
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.jobs import enqueue

from . import rounds, service
from .errors import (
    NothingToPrint,
    NotToPrint,
    PrintingAlready,
    PrintJobNotFound,
    StalePlate,
    TooManyToPrint,
    UnknownLayout,
)
from .printing import (
    CSV_NAME,
    JSON_NAME,
    LAYOUTS,
    PDF_NAME,
    BatchSpec,
    Plate,
    level_for,
    print_batch,
)
from .rules import MOST_PRINTED, PrintState
from .upkeep_models import PrintJob

JOB = "qr.print_batch"
_CLAIM = timedelta(seconds=60)
_MOST_ATTEMPTS = 3
_TELL_EVERY_S = 1.0
_MOST_NAMED = 8
_SUFFIXES = {PDF_NAME: "pdf", CSV_NAME: "csv", JSON_NAME: "json"}
_UNFINISHED = (PrintState.WAITING, PrintState.WORKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to print: all that waits, or these signs, or a batch once more; and what stands on all."""

    layout: str
    numbers: tuple[str, ...] = ()
    again_id: int | None = None
    public_url: str
    district_name: str
    hotline: str


def ask(session: Session, wish: Wish, *, request_key: str, staff_id: int) -> int:
    """Queue a batch and return the job; the same request again returns the same.

    All that is planned means the first MOST_PRINTED of it. Raises NothingToPrint, NotToPrint,
    TooManyToPrint, PrintingAlready, UnknownLayout, or what `printing.level_for` says of the address.
    """
    # Two who ask at once come one after the other: no plate is in two jobs.
    session.execute(text("LOCK TABLE qr_print_jobs IN SHARE ROW EXCLUSIVE MODE"))
    earlier = session.scalar(select(PrintJob.id).where(PrintJob.request_key == request_key))
    if earlier is not None:
        return earlier
    if wish.layout not in LAYOUTS:
        raise UnknownLayout
    level_for(wish.public_url)
    plate_ids = [plate.plate_id for plate in _wanted(session, wish)]
    busy = select(PrintJob.id).where(
        PrintJob.state.in_(_UNFINISHED), PrintJob.plate_ids.overlap(plate_ids)
    )
    if session.scalar(busy.limit(1)) is not None:
        raise PrintingAlready
    job = PrintJob(
        request_key=request_key,
        layout=wish.layout,
        plate_ids=plate_ids,
        again_id=wish.again_id,
        public_url=wish.public_url,
        district_name=wish.district_name,
        hotline=wish.hotline,
        staff_id=staff_id,
    )
    session.add(job)
    session.flush()
    enqueue(session, JOB, job.id)
    return job.id


def _wanted(session: Session, wish: Wish) -> list[rounds.ToPrint]:
    found = rounds.to_print(
        session, numbers=wish.numbers, batch_id=wish.again_id, limit=MOST_PRINTED + 1
    )
    missing = sorted(set(wish.numbers) - {plate.number for plate in found})
    if missing:
        shown = "、".join(missing[:_MOST_NAMED]) + ("等" if len(missing) > _MOST_NAMED else "")
        raise NotToPrint(f"{shown} 没有等待印制的标牌：请核对编号，或先在标牌页上办理「换新」。")
    if not found:
        raise NothingToPrint
    if len(found) > MOST_PRINTED and (wish.again_id is not None or wish.numbers):
        raise TooManyToPrint
    return found[:MOST_PRINTED]


# -- at work -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job that this worker has claimed."""

    job_id: int
    attempt: int
    staff_id: int
    again_id: int | None
    plate_ids: tuple[int, ...]
    plates: tuple[Plate, ...]
    spec: BatchSpec


class Lost(Exception):
    """Another worker has the job by now."""


def carry_out(job_id: int) -> None:
    """Make a batch, read it back, and release it or say why not; transactions of its own.

    Does nothing when somebody else is at it, or it has ended.
    """
    with transaction() as session:
        work = _claim(session, job_id)
    if work is None:
        return
    try:
        files = _made(work)
        with transaction() as session:
            _release(session, work, files)
    except Lost:
        return
    except StalePlate:
        _refuse(work, "印制期间，其中有标牌被别人印制或撤除，这一批没有放出：请重新选择再印。")
    except Refusal as refusal:
        _refuse(work, refusal.sentence)


def _claim(session: Session, job_id: int) -> Work | None:
    now = clock.now()
    job = session.scalar(
        update(PrintJob)
        .where(PrintJob.id == job_id, _is_free(now))
        .values(
            state=PrintState.WORKING,
            attempts=PrintJob.attempts + 1,
            claimed_until=now + _CLAIM,
            step=None,
            done=0,
        )
        .returning(PrintJob)
    )
    if job is None:
        return None
    if job.attempts > _MOST_ATTEMPTS:
        job.state, job.ended_at = PrintState.REFUSED, now
        job.refusal = "印了三次都中断了：请少选一些标牌再试，还不行请找管理员。"
        session.flush()
        return None
    found = rounds.plates_to_print(session, job.plate_ids)
    return Work(
        job_id=job.id,
        attempt=job.attempts,
        staff_id=job.staff_id,
        again_id=job.again_id,
        plate_ids=tuple(job.plate_ids),
        plates=tuple(
            Plate(code=each.code, number=each.number, place_name=each.name) for each in found
        ),
        spec=BatchSpec(
            batch=f"{clock.city_day(job.asked_at):%Y%m%d}-{job.id}",
            layout=job.layout,
            public_url=job.public_url,
            district_name=job.district_name,
            hotline=job.hotline,
        ),
    )


def _is_free(now: datetime) -> Any:  # noqa: ANN401  # SQLAlchemy's own union
    is_orphaned = and_(PrintJob.state == PrintState.WORKING, PrintJob.claimed_until < now)
    return or_(PrintJob.state == PrintState.WAITING, is_orphaned)


def _made(work: Work) -> Mapping[str, bytes]:
    """Print into a folder of this worker's own and return the released files."""
    told = float("-inf")

    def tell(step: str, done: int, of: int) -> None:
        nonlocal told
        if done < of and time.monotonic() - told < _TELL_EVERY_S:
            return
        told = time.monotonic()
        with transaction() as session:
            _held(session, work, step=step, done=done, claimed_until=clock.now() + _CLAIM)

    with tempfile.TemporaryDirectory(prefix="signs-") as folder:
        goal = Path(folder) / "batch"
        print_batch(work.plates, work.spec, goal, tell)
        return {name: (goal / name).read_bytes() for name in _SUFFIXES}


def _held(session: Session, work: Work, **values: object) -> None:
    """Write on the job as long as it is ours; raise Lost."""
    mine = session.scalar(
        update(PrintJob)
        .where(
            PrintJob.id == work.job_id,
            PrintJob.attempts == work.attempt,
            PrintJob.state == PrintState.WORKING,
        )
        .values(**values)
        .returning(PrintJob.id)
    )
    if mine is None:
        raise Lost


def _release(session: Session, work: Work, files: Mapping[str, bytes]) -> None:
    _held(session, work, claimed_until=clock.now() + _CLAIM)  # before anything is marked
    batch_id = work.again_id or service.start_batch(
        session, plate_ids=work.plate_ids, layout=work.spec.layout, staff_id=work.staff_id
    )
    kept = {
        name: {"key": blobs.store().put(data, _SUFFIXES[name]), "bytes": len(data)}
        for name, data in files.items()
    }
    ended = {"state": PrintState.RELEASED, "ended_at": clock.now(), "claimed_until": None}
    _held(session, work, **ended, batch_id=batch_id, files=kept, done=len(work.plates))


def _refuse(work: Work, sentence: str) -> None:
    ended = {"state": PrintState.REFUSED, "ended_at": clock.now(), "claimed_until": None}
    try:
        with transaction() as session:
            _held(session, work, **ended, refusal=sentence)
    except Lost:
        return


def unfinished(session: Session) -> Sequence[int]:
    """Return jobs that nobody is at: their message was lost, or their worker."""
    return session.scalars(
        select(PrintJob.id).where(PrintJob.state.in_(_UNFINISHED), _is_free(clock.now()))
    ).all()


# -- for the desk --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as the desk shows it."""

    job: PrintJob
    plates: int
    staff_name: str

    @property
    def is_over(self) -> bool:
        return self.job.state not in _UNFINISHED


def latest(session: Session, limit: int = 30) -> list[Shown]:
    """Return what the desk asked for, the newest first."""
    return _shown(session, list(session.scalars(_all().limit(limit))))


def one(session: Session, job_id: int) -> Shown:
    """Return one job; raise PrintJobNotFound."""
    found = session.scalar(_all().where(PrintJob.id == job_id))
    if found is None:
        raise PrintJobNotFound
    return _shown(session, [found])[0]


def _all() -> Any:  # noqa: ANN401  # SQLAlchemy's own long type
    return select(PrintJob).order_by(PrintJob.id.desc())


def _shown(session: Session, jobs: Sequence[PrintJob]) -> list[Shown]:
    names = accounts.staff_names(session, [job.staff_id for job in jobs])
    return [Shown(job, len(job.plate_ids), names.get(job.staff_id, "")) for job in jobs]


def file_of(session: Session, job_id: int, name: str) -> str:
    """Return where a released file lies; raise PrintJobNotFound."""
    key: str | None = session.scalar(
        select(PrintJob.files[name]["key"].astext).where(PrintJob.id == job_id)
    )
    if key is None:
        raise PrintJobNotFound
    return key


def waiting_plates(session: Session) -> int:
    """Return how many plates are planned and in no job."""
    taken = select(func.unnest(PrintJob.plate_ids)).where(PrintJob.state.in_(_UNFINISHED))
    return rounds.count_to_print(session, without=taken)
