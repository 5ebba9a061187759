"""A model of the ledger in plain Python: what every request must come to, worked out apart.

It knows no SQL and shares no code with the package; where the two differ one of them is wrong.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

GRACE = timedelta(days=30)


@dataclass
class Taken:
    """A redemption as the model sees it."""

    person: int
    item: int
    price: int
    lots: dict[date, int]
    needs_approval: bool
    status: str


@dataclass
class Person:
    lots: dict[date, int] = field(default_factory=dict)
    owed: int = 0
    earned: dict[int, int] = field(default_factory=dict)  # case -> points not yet taken back

    def usable(self, today: date) -> int:
        return sum(free for day, free in self.lots.items() if day >= today)

    @property
    def available(self) -> int:
        return sum(self.lots.values())

    def put(self, day: date, amount: int) -> None:
        self.lots[day] = self.lots.get(day, 0) + amount

    def take(self, amount: int, today: date) -> dict[date, int]:
        """Take what expires first; the caller saw that there is enough."""
        parts = {}
        for day in sorted(day for day in self.lots if day >= today):
            part = min(amount, self.lots[day])
            if part:
                parts[day] = part
                self.lots[day] -= part
                amount -= part
        assert amount == 0
        return parts

    def repay(self, today: date) -> None:
        amount = min(self.owed, self.usable(today))
        self.take(amount, today)
        self.owed -= amount


@dataclass
class Item:
    price: int
    stock: int
    limit: int | None
    needs_approval: bool


@dataclass
class Auditor:
    people: dict[int, Person] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)
    redemptions: dict[str, Taken] = field(default_factory=dict)

    def give(self, who: int, amount: int, day: date, today: date) -> None:
        person = self.people[who]
        person.put(day, amount)
        person.repay(today)

    def refusal(self, who: int, item_id: int, today: date) -> str | None:
        """Say why a redemption would be refused, in the order in which the house looks."""
        person, item = self.people[who], self.items[item_id]
        live = [
            each
            for each in self.redemptions.values()
            if each.item == item_id and each.status in {"requested", "ready", "fulfilled"}
        ]
        mine = sum(each.person == who for each in live)
        if person.owed:
            return "in_debt"
        if item.limit is not None and mine >= item.limit:
            return "limit_reached"
        if person.usable(today) < item.price:
            return "insufficient_points"
        return "sold_out" if len(live) >= item.stock else None

    def redeem(self, name: str, who: int, item_id: int, today: date) -> None:
        item = self.items[item_id]
        lots = self.people[who].take(item.price, today)
        status = "requested" if item.needs_approval else "ready"
        self.redemptions[name] = Taken(who, item_id, item.price, lots, item.needs_approval, status)

    def undo(self, name: str, status: str, today: date, *, is_our_fault: bool) -> None:
        taken = self.redemptions[name]
        taken.status = status
        person = self.people[taken.person]
        for day, amount in taken.lots.items():
            person.put(day, amount)
        person.repay(today)
        if is_our_fault:
            for day, amount in taken.lots.items():
                if day < today:
                    person.lots[day] -= amount
                    person.put(today + GRACE, amount)
                    person.repay(today)

    def expire(self, who: int, today: date) -> None:
        person = self.people[who]
        for day in person.lots:
            if day < today:
                person.lots[day] = 0

    def reclaim(self, who: int, case_id: int, today: date) -> tuple[int, int]:
        person = self.people[who]
        points = person.earned.pop(case_id)
        taken = min(points, person.usable(today))
        person.take(taken, today)
        person.owed += points - taken
        return taken, points - taken

    def held(self, who: int) -> int:
        return sum(
            each.price
            for each in self.redemptions.values()
            if each.person == who and each.status in {"requested", "ready"}
        )
