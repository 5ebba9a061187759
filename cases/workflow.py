"""The life of a case: its states, and the one table of legal moves. Plain Python.

The states are those of section 4.2 of the district's model (GB/T 30428 family): *verify* (核实) is
on site before filing, *check* (核查) on site after disposal, before closing; each case is checked
(每案必核). The table says of each move who may make it and what it needs. A small district need not
take every step: an acceptor files straight from a report, a body disposes without its worker's
step before, and a check with its photo may close at once.

Roles are words of `accounts.Role`; an administrator may do everything.
"""

from dataclasses import dataclass
from enum import StrEnum

from kernel.words import later


class Status(StrEnum):
    REPORTED = "reported"
    ACCEPTED = "accepted"
    VERIFYING = "verifying"
    FILED = "filed"
    DISPATCHED = "dispatched"
    SUSPENDED = "suspended"
    HANDLED = "handled"
    DISPOSED = "disposed"
    CHECKED = "checked"
    CLOSED = "closed"
    FORCE_CLOSED = "force_closed"
    REFUSED = "refused"
    VOIDED = "voided"
    MERGED = "merged"


STATUS_WORDS = {
    Status.REPORTED: later("已提交"),
    Status.ACCEPTED: later("受理中"),
    Status.VERIFYING: later("现场核实中"),
    Status.FILED: later("已立案"),
    Status.DISPATCHED: later("处置中"),
    Status.SUSPENDED: later("暂缓处置"),
    Status.HANDLED: later("现场已处置"),
    Status.DISPOSED: later("已处置待核查"),
    Status.CHECKED: later("核查合格"),
    Status.CLOSED: later("已办结"),
    Status.FORCE_CLOSED: later("已结束"),
    Status.REFUSED: later("不予受理"),
    Status.VOIDED: later("已作废"),
    Status.MERGED: later("并案办理"),
}

OPEN = (
    Status.REPORTED,
    Status.ACCEPTED,
    Status.VERIFYING,
    Status.FILED,
    Status.DISPATCHED,
    Status.SUSPENDED,
    Status.HANDLED,
    Status.DISPOSED,
    Status.CHECKED,
)
# A body is named in all of these.
WITH_A_BODY = (
    Status.DISPATCHED,
    Status.SUSPENDED,
    Status.HANDLED,
    Status.DISPOSED,
    Status.CHECKED,
    Status.CLOSED,
)
# The reporter got his answer.
ANSWERED = (
    Status.CLOSED,
    Status.FORCE_CLOSED,
    Status.REFUSED,
    Status.VOIDED,
)


@dataclass(frozen=True)
class Move:
    """One way a case may go: who may make it, what must come with it.

    `needs` names note, photo, body, condition (a filing condition; a usual one is taken where none
    is named) and case (the one that goes on instead). A move `by_request` is made by granting a
    request, one `by_system` also by a job.
    """

    name: str
    words: str
    origin: Status
    to: Status
    roles: frozenset[str]
    needs: frozenset[str]
    by_request: bool = False
    by_system: bool = False


_ACCEPTOR, _LEADER, _DISPATCHER = "acceptor", "shift_leader", "dispatcher"
_BODY, _INSPECTOR, _SUPERVISOR = "body_staff", "inspector", "supervisor"
_DESK = (_ACCEPTOR, _LEADER)
_SENDERS = (_DISPATCHER, _LEADER)
_SOLVERS = (_BODY, _DISPATCHER, _LEADER)
_CHECKERS = (_INSPECTOR, _LEADER)

_S = Status


def _moves(
    name: str,
    words: str,
    origins: tuple[Status, ...],
    to: Status | None,
    roles: tuple[str, ...],
    *needs: str,
    by_request: bool = False,
    by_system: bool = False,
) -> tuple[Move, ...]:
    """Return the move from each origin; without a goal it leaves the status as it is."""
    return tuple(
        Move(
            name,
            words,
            origin,
            to or origin,
            frozenset(roles),
            frozenset(needs),
            by_request,
            by_system,
        )
        for origin in origins
    )


# In the order in which they are offered: the usual one of a status first.
LEGAL: tuple[Move, ...] = (
    *_moves("file", "立案", (_S.REPORTED, _S.ACCEPTED), _S.FILED, _DESK, "condition"),
    *_moves("refuse", "不予受理", (_S.REPORTED, _S.ACCEPTED), _S.REFUSED, _DESK, "note"),
    *_moves("accept", "受理", (_S.REPORTED,), _S.ACCEPTED, _DESK),
    *_moves("verify", "现场核实", (_S.REPORTED, _S.ACCEPTED), _S.VERIFYING, _DESK),
    *_moves("verified", "核实完成", (_S.VERIFYING,), _S.ACCEPTED, (_INSPECTOR, *_DESK), "note"),
    *_moves("dispatch", "派遣", (_S.FILED,), _S.DISPATCHED, _SENDERS, "body"),
    *_moves("dispose", "处置完成", (_S.DISPATCHED,), _S.DISPOSED, _SOLVERS, "note", "photo"),
    *_moves("handle", "现场处置", (_S.DISPATCHED,), _S.HANDLED, (_BODY, _LEADER), "note", "photo"),
    *_moves("return", "退回", (_S.DISPATCHED,), _S.FILED, _SOLVERS, "note"),
    *_moves("extend", "延期", (_S.DISPATCHED,), None, _SENDERS, "note", by_request=True),
    *_moves("suspend", "挂账", (_S.DISPATCHED,), _S.SUSPENDED, _SENDERS, "note", by_request=True),
    *_moves("resume", "恢复处置", (_S.SUSPENDED,), _S.DISPATCHED, _SOLVERS, by_system=True),
    *_moves("feedback", "单位反馈", (_S.HANDLED,), _S.DISPOSED, _SOLVERS),
    *_moves("redo", "单位自行重做", (_S.HANDLED,), _S.DISPATCHED, _SOLVERS, "note"),
    *_moves("check", "核查合格", (_S.DISPOSED,), _S.CHECKED, _CHECKERS, "photo"),
    # Check and closing in one: the photo of the check comes with it.
    *_moves("close", "结案", (_S.DISPOSED,), _S.CLOSED, _DESK, "photo"),
    *_moves("close", "结案", (_S.CHECKED,), _S.CLOSED, _DESK),
    *_moves(
        "rework", "返工", (_S.DISPOSED,), _S.DISPATCHED, (_ACCEPTOR, *_CHECKERS), "note", "photo"
    ),
    *_moves("rework", "返工", (_S.CHECKED,), _S.DISPATCHED, _DESK, "note"),
    *_moves("void", "作废", (_S.FILED, _S.DISPATCHED), _S.VOIDED, (_LEADER,), "note"),
    *_moves(
        "force_close",
        "强制结案",
        (_S.FILED, _S.DISPATCHED, _S.SUSPENDED, _S.HANDLED, _S.DISPOSED, _S.CHECKED),
        _S.FORCE_CLOSED,
        (_LEADER,),
        "note",
    ),
    *_moves(
        "merge",
        "并案",
        (_S.REPORTED, _S.ACCEPTED, _S.FILED),
        _S.MERGED,
        (*_DESK, _DISPATCHER),
        "case",
    ),
    *_moves("split", "撤销并案", (_S.MERGED,), _S.ACCEPTED, (_LEADER,), "note"),
    *_moves(
        "revisit",
        "回访",
        (_S.CLOSED, _S.FORCE_CLOSED),
        None,
        (*_DESK, _SUPERVISOR),
        "note",
    ),
    *_moves("reopen", "重新办理", (_S.CLOSED, _S.FORCE_CLOSED), _S.FILED, _DESK, "note"),
    *_moves(
        "readmit", "重新受理", (_S.REFUSED, _S.VOIDED), _S.ACCEPTED, (_LEADER, _SUPERVISOR), "note"
    ),
)

STEPS: dict[tuple[str, Status], Move] = {(move.name, move.origin): move for move in LEGAL}

# Each name once, from its first origin, with what it needs from there.
MOVES: dict[str, Move] = {move.name: move for move in reversed(LEGAL)}
MOVES = {name: MOVES[name] for name in dict.fromkeys(move.name for move in LEGAL)}

# The first row of every history.
REPORT = "report"
MOVE_WORDS = {REPORT: "上报", **{move.name: move.words for move in MOVES.values()}}

ADMINISTRATOR = "administrator"


def allowed(status: Status) -> tuple[str, ...]:
    """Return the names of the moves that are legal from here, the usual one first."""
    return tuple(move.name for move in LEGAL if move.origin is status)


def may(role: str, move: Move) -> bool:
    """Tell whether somebody with the role may make the move."""
    return role == ADMINISTRATOR or role in move.roles


def offered(status: Status, role: str) -> tuple[str, ...]:
    """Return the moves that somebody with the role is offered here, the usual one first."""
    return tuple(
        move.name
        for move in LEGAL
        if move.origin is status and may(role, move) and not move.by_request
    )
