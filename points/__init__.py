"""The points ledger: awards, the mall, redemption, reconciliation. Described in docs/points.md."""

from . import catalogue, explorer, keys, ports, provider, queries, tasks, wording
from .adjustments import decide, freeze, mark_insider, propose, reclaim
from .award_rules import AwardRules, PastReport, Preview, preview
from .awards import Awarded, award_for_report, change_rules, rules_at
from .catalogue import Terms
from .errors import KeyReused
from .events import (
    PointsAdjusted,
    PointsAwarded,
    PointsExpireSoon,
    PointsReclaimed,
    RedemptionCancelled,
    RedemptionEvent,
    RedemptionFailed,
    RedemptionFulfilled,
    RedemptionLapsed,
    RedemptionReady,
    RedemptionRefused,
    RedemptionRequested,
)
from .fulfilment import (
    approve,
    cancel,
    hand_over,
    open_voucher,
    refuse,
    rotate_pickup,
    ship,
    show_pickup,
)
from .overview import Summary, summary
from .pickup import HandOver, Pickup
from .queries import balance, history, mall, offer, queue, redemption_file, redemptions_of
from .recharge import hear
from .redemption import Answer, redeem
from .rules import SORT_WORDS, STATUS_WORDS, Code, Period, Sort, Status

__all__ = [
    "SORT_WORDS",
    "STATUS_WORDS",
    "Answer",
    "AwardRules",
    "Awarded",
    "Code",
    "HandOver",
    "KeyReused",
    "PastReport",
    "Period",
    "Pickup",
    "PointsAdjusted",
    "PointsAwarded",
    "PointsExpireSoon",
    "PointsReclaimed",
    "Preview",
    "RedemptionCancelled",
    "RedemptionEvent",
    "RedemptionFailed",
    "RedemptionFulfilled",
    "RedemptionLapsed",
    "RedemptionReady",
    "RedemptionRefused",
    "RedemptionRequested",
    "Sort",
    "Status",
    "Summary",
    "Terms",
    "approve",
    "award_for_report",
    "balance",
    "cancel",
    "catalogue",
    "change_rules",
    "decide",
    "explorer",
    "freeze",
    "hand_over",
    "hear",
    "history",
    "keys",
    "mall",
    "mark_insider",
    "offer",
    "open_voucher",
    "ports",
    "preview",
    "propose",
    "provider",
    "queries",
    "queue",
    "reclaim",
    "redeem",
    "redemption_file",
    "redemptions_of",
    "refuse",
    "rotate_pickup",
    "rules_at",
    "ship",
    "show_pickup",
    "summary",
    "tasks",
    "wording",
]
