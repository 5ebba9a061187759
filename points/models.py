"""All tables of points: the ledger's and the mall's."""

from .ledger_models import Account, Lot, LotEntry, Transfer
from .mall_models import (
    Item,
    ItemVersion,
    PickupCode,
    ProviderEvent,
    Recharge,
    Redemption,
    RedemptionMove,
    Site,
    Unit,
    VoucherCode,
)
from .review_models import Appeal, Freeze, Trace
from .upkeep_models import (
    Alarm,
    Anchor,
    Award,
    BookCheck,
    DailyRun,
    Insider,
    Keeper,
    Proposal,
    Request,
    RuleSet,
    Seal,
)

__all__ = [
    "Account",
    "Alarm",
    "Anchor",
    "Appeal",
    "Award",
    "BookCheck",
    "DailyRun",
    "Freeze",
    "Insider",
    "Item",
    "ItemVersion",
    "Keeper",
    "Lot",
    "LotEntry",
    "PickupCode",
    "Proposal",
    "ProviderEvent",
    "Recharge",
    "Redemption",
    "RedemptionMove",
    "Request",
    "RuleSet",
    "Seal",
    "Site",
    "Trace",
    "Transfer",
    "Unit",
    "VoucherCode",
]

# Written once. The migration puts a trigger on each; `roles` gives a role no more than this.
APPENDED = (
    Transfer,
    LotEntry,
    RuleSet,
    Award,
    Seal,
    Anchor,
    DailyRun,
    ItemVersion,
    RedemptionMove,
    ProviderEvent,
)
