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


class CaseAccepted(CaseEvent):
    """Somebody looks into it (受理)."""


class CaseToVerify(CaseEvent):
    """Somebody was asked to look at it on site before filing (核实)."""


class CaseVerified(CaseEvent):
    """Somebody looked on site; the note says what there was."""


class CaseExtended(CaseEvent):
    """The body got more time (延期); the note says why."""


class CaseSuspended(CaseEvent):
    """It is put off until a day (挂账); the note says why."""


class CaseResumed(CaseEvent):
    """The day has come, or the reason is gone."""


class CaseHandled(CaseEvent):
    """The body's worker is done on site; the body has not confirmed it yet."""


class CaseFedBack(CaseEvent):
    """The body confirms that it is solved (反馈): as CaseDisposed, one step later."""


class CaseRedone(CaseEvent):
    """The body itself is not content with its worker's result."""


class CaseChecked(CaseEvent):
    """An inspector found it solved (核查)."""


class CaseVoided(CaseEvent):
    """It was filed and should not have been (作废); the note says why."""


class CaseForceClosed(CaseEvent):
    """It ends unsolved (强制结案); the note says why."""


class CaseMerged(CaseEvent):
    """It goes on as part of another case (并案)."""


class CaseSplit(CaseEvent):
    """It was no part of that case after all."""


class CaseRevisited(CaseEvent):
    """Somebody asked the reporter whether it is solved (回访)."""


class CaseReopened(CaseEvent):
    """It is not solved after all: dispatched anew."""


class CaseReadmitted(CaseEvent):
    """A refusal was taken back."""


OF_MOVE: dict[str, type[CaseEvent]] = {
    "report": CaseReported,
    "file": CaseFiled,
    "refuse": CaseRefused,
    "dispatch": CaseDispatched,
    "return": CaseReturned,
    "dispose": CaseDisposed,
    "rework": CaseReworked,
    "close": CaseClosed,
    "accept": CaseAccepted,
    "verify": CaseToVerify,
    "verified": CaseVerified,
    "extend": CaseExtended,
    "suspend": CaseSuspended,
    "resume": CaseResumed,
    "handle": CaseHandled,
    "feedback": CaseFedBack,
    "redo": CaseRedone,
    "check": CaseChecked,
    "void": CaseVoided,
    "force_close": CaseForceClosed,
    "merge": CaseMerged,
    "split": CaseSplit,
    "revisit": CaseRevisited,
    "reopen": CaseReopened,
    "readmit": CaseReadmitted,
}


@dataclass(frozen=True)
class PhotoUnusable:
    """A resident's photo could not be fetched or opened; he may send it again."""

    photo_id: int
    citizen_id: int | None
    report_no: str | None


@dataclass(frozen=True)
class StageWarned:
    """A stage used 80 % of its limit, or all of it (`percent` 80 or 100): said once each."""

    case_id: int
    report_no: str
    stage: str
    percent: int
    body_id: int | None


@dataclass(frozen=True)
class CaseUrged:
    """A reporter asked how long it will take (催办)."""

    case_id: int
    report_no: str


@dataclass(frozen=True)
class CaseRated:
    """A reporter rated the result with one to five stars."""

    case_id: int
    report_no: str
    citizen_id: int | None
    stars: int


@dataclass(frozen=True)
class PleaMade:
    """A reporter asks for another decision: `kind` objection (a refusal) or reopening (a result)."""

    case_id: int
    report_no: str
    kind: str
