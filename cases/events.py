"""What happened to cases, told to whoever must act on it (`reactions.py`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CaseEvent:
    """A move of a case; `seq` numbers the moves of one case from 1."""

    case_id: int
    seq: int
    report_no: str
    access_key: str
    citizen_id: int | None
    body_name: str | None
    note: str | None


class CaseReported(CaseEvent):
    """A report came in."""


class CaseFiled(CaseEvent):
    """It was found to be a matter for the city (立案)."""


class CaseRefused(CaseEvent):
    """It was not (不予受理); the note says why."""


class CaseDispatched(CaseEvent):
    """A body was told to solve it (派遣)."""


class CaseReturned(CaseEvent):
    """The body sent it back: not theirs (退回)."""


class CaseDisposed(CaseEvent):
    """The body says it is solved (处置完成)."""


class CaseReworked(CaseEvent):
    """The check found it unsolved; the same body goes again (返工)."""


class CaseClosed(CaseEvent):
    """It is solved and checked (结案)."""


OF_MOVE: dict[str, type[CaseEvent]] = {
    "report": CaseReported,
    "file": CaseFiled,
    "refuse": CaseRefused,
    "dispatch": CaseDispatched,
    "return": CaseReturned,
    "dispose": CaseDisposed,
    "rework": CaseReworked,
    "close": CaseClosed,
}


@dataclass(frozen=True)
class PhotoUnusable:
    """A resident's photo could not be fetched or opened; he may send it again."""

    photo_id: int
    citizen_id: int | None
    report_no: str | None
