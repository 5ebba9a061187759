"""Phone credit: ordered once, asked about until it is known, whatever the provider does."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel import clock, jobs
from points import fulfilment, recharge, tasks
from points import keys as keyring
from points import provider as provider_of_credit
from points.errors import IllegalMove, RedemptionNotFound
from points.events import RedemptionFailed, RedemptionFulfilled
from points.keys import Keys
from points.models import Recharge, Redemption
from points.provider import SIGNATURE, HttpProvider, Outcome, Unsure, read_callback, signature
from points.rules import Sort
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import an_item, balance, redeem, rich_citizen, settle
from tests.points.stand_in import SECRET, StandIn, running

PHONE = "13800138000"


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with running() as made:
        yield made


class TopUp:
    """Somebody who redeemed phone credit, and the jobs that see to it."""

    def __init__(self, session: Session, keys: Keys, provider: StandIn, **terms: object) -> None:
        self.session, self.keys = session, keys
        self.adapter = HttpProvider(provider.address, SECRET)
        self.citizen_id = rich_citizen(session)
        item_id = an_item(session, sort=Sort.CREDIT, worth_fen=1000, **terms)  # type: ignore[arg-type]  # terms
        self.id = redeem(session, self.citizen_id, item_id, keys, phone=PHONE).check()

    def work(self) -> None:
        """Do what a worker does when the order is due."""
        order = recharge.claim(self.session, self.id, self.keys)
        if order is not None:
            outcome = recharge.call(self.adapter, order)
            recharge.settle(self.session, order.order_no, outcome)

    @property
    def order(self) -> Recharge:
        return self.session.get_one(Recharge, self.id)

    @property
    def status(self) -> str:
        return self.session.get_one(Redemption, self.id).status

    @property
    def balance(self) -> tuple[int, int]:
        return balance(self.session, self.citizen_id)


@pytest.fixture
def top_up(session: Session, time: Clock, keys: Keys, provider: StandIn) -> TopUp:
    return TopUp(session, keys, provider)


def test_a_delivered_order_is_paid(top_up: TopUp, provider: StandIn, heard: list[object]):
    top_up.work()
    assert (top_up.status, top_up.balance) == ("fulfilled", (900, 0))
    assert isinstance(heard[-1], RedemptionFulfilled)
    top_up.work()
    assert provider.calls == ["order"]
    settle(top_up.session)
    assert invariants.broken(top_up.session) == []


def test_a_definite_no_gives_the_points_back(top_up: TopUp, provider: StandIn, heard: list[object]):
    provider.mood = "no"
    top_up.work()
    assert (top_up.status, top_up.balance) == ("failed", (1000, 0))
    assert isinstance(heard[-1], RedemptionFailed)


@pytest.mark.parametrize("mood", ["silent", "angry", "garbled"])
def test_what_is_not_known_is_asked_and_never_ordered_again(
    top_up: TopUp, provider: StandIn, time: Clock, mood: str
):
    provider.mood = mood
    for _ in range(3):
        top_up.work()
        time.forward(hours=2)
    assert (top_up.status, top_up.balance) == ("ready", (900, 100))
    provider.mood = "well"
    top_up.work()
    assert top_up.status == "fulfilled"
    assert provider.calls == ["order", "ask", "ask", "ask"]
    assert len(provider.orders) == 1


def test_an_order_that_the_provider_never_got_stays_unknown(
    top_up: TopUp, provider: StandIn, time: Clock
):
    """Not even "unknown number" is a definite no: the order may still be on its way."""
    provider.mood = "lost"
    top_up.work()
    provider.mood = "well"
    for _ in range(3):
        time.forward(hours=2)
        top_up.work()
    assert (top_up.status, top_up.balance) == ("ready", (900, 100))
    assert provider.calls == ["order", "ask", "ask", "ask"]


def test_a_crash_after_sending_asks(top_up: TopUp, provider: StandIn, time: Clock):
    order = recharge.claim(top_up.session, top_up.id, top_up.keys)
    assert order is not None
    assert order.is_new
    recharge.call(top_up.adapter, order)  # and here the worker dies
    time.forward(minutes=3)
    top_up.work()
    assert top_up.status == "fulfilled"
    assert provider.calls == ["order", "ask"]


def test_nobody_else_takes_an_order_that_is_under_way(top_up: TopUp):
    assert recharge.claim(top_up.session, top_up.id, top_up.keys) is not None
    assert recharge.claim(top_up.session, top_up.id, top_up.keys) is None
    assert recharge.due(top_up.session) == ()


def test_pauses_grow_to_an_hour(top_up: TopUp, provider: StandIn, time: Clock):
    provider.mood = "angry"
    pauses = []
    for _ in range(10):
        top_up.work()
        pauses.append((top_up.order.next_at - time.instant).total_seconds())
        time.forward(hours=2)
    assert pauses == sorted(pauses)
    assert 3500 < pauses[-1] <= 3600


def hear(top_up: TopUp, outcome: Outcome, event_id: str = "event-1") -> bool:
    return recharge.hear(
        top_up.session, event_id=event_id, order_no=top_up.order.order_no, outcome=outcome
    )


def test_a_message_is_acted_on_once(top_up: TopUp, provider: StandIn):
    provider.mood = "silent"
    top_up.work()
    assert hear(top_up, Outcome.DONE)
    assert not hear(top_up, Outcome.DONE)
    assert not hear(top_up, Outcome.FAILED)  # the same message cannot say otherwise later
    assert hear(top_up, Outcome.DONE, "event-2")
    assert (top_up.status, top_up.balance) == ("fulfilled", (900, 0))


def test_a_message_that_comes_before_our_answer_is_no_harm(top_up: TopUp, provider: StandIn):
    order = recharge.claim(top_up.session, top_up.id, top_up.keys)
    assert order is not None
    outcome = recharge.call(top_up.adapter, order)
    hear(top_up, Outcome.DONE)
    recharge.settle(top_up.session, order.order_no, outcome)
    assert (top_up.status, top_up.balance) == ("fulfilled", (900, 0))


def test_a_word_against_an_earlier_word_raises_an_alarm_and_moves_nothing(
    top_up: TopUp, provider: StandIn
):
    top_up.work()
    hear(top_up, Outcome.FAILED)
    assert (top_up.status, top_up.balance) == ("fulfilled", (900, 0))
    alarm = top_up.session.execute(text('SELECT "check" FROM points_alarms')).scalar_one()
    assert alarm == "provider"


def test_a_message_about_an_order_that_was_never_sent_moves_nothing(top_up: TopUp):
    hear(top_up, Outcome.DONE)
    assert (top_up.status, top_up.balance) == ("ready", (900, 100))


def compared(top_up: TopUp, statement: dict[str, Outcome]) -> tuple[str, ...]:
    day = clock.city_day(clock.now())
    return recharge.compare(top_up.session, statement, first=day, last=day)


def test_a_statement_ends_what_we_did_not_know_the_end_of(top_up: TopUp, provider: StandIn):
    provider.mood = "silent"
    top_up.work()
    assert compared(top_up, {top_up.order.order_no: Outcome.DONE}) == ()
    assert (top_up.status, top_up.balance) == ("fulfilled", (900, 0))
    assert compared(top_up, {top_up.order.order_no: Outcome.DONE}) == ()


def test_a_statement_that_says_otherwise_rings_and_moves_nothing(top_up: TopUp, provider: StandIn):
    top_up.work()
    number = top_up.order.order_no
    assert compared(top_up, {}) == (f"{number}: done here, not there",)
    assert compared(top_up, {number: Outcome.FAILED, "stranger": Outcome.DONE}) == (
        "stranger: not ours",
        f"{number}: done here, failed",
    )
    assert (top_up.status, top_up.balance) == ("fulfilled", (900, 0))
    alarms = top_up.session.execute(text('SELECT "check" FROM points_alarms'))
    assert alarms.scalars().all() == ["provider"]


def test_an_unknown_order_is_unknown(session: Session):
    with pytest.raises(RedemptionNotFound):
        recharge.hear(session, event_id="e", order_no="x", outcome=Outcome.DONE)


def test_a_message_must_be_signed():
    body = json.dumps({"event_id": "1", "order_no": "x", "outcome": "done"}).encode()
    right = {SIGNATURE: signature(SECRET, b"callback", body)}
    assert read_callback(SECRET, body, right) == ("1", "x", Outcome.DONE)
    for headers in ({}, {SIGNATURE: ""}, {SIGNATURE: "数"}, {SIGNATURE: signature("x", body)}):
        with pytest.raises(ValueError, match="forged"):
            read_callback(SECRET, body, headers)


def test_an_order_with_the_wrong_secret_is_unsure(provider: StandIn):
    with pytest.raises(Unsure):
        HttpProvider(provider.address, "wrong").order(order_no="1", phone=PHONE, fen=1)
    assert provider.orders == {}


def test_what_is_on_its_way_cannot_be_cancelled_or_refused(top_up: TopUp):
    with pytest.raises(IllegalMove):
        fulfilment.cancel(
            top_up.session,
            redemption_id=top_up.id,
            citizen_id=top_up.citizen_id,
            request_key=factories.key(),
        )
    with pytest.raises(IllegalMove):
        fulfilment.refuse(
            top_up.session,
            redemption_id=top_up.id,
            staff_id=factories.a_member_of_staff(top_up.session),
            note="停办",
            request_key=factories.key(),
        )


def test_nothing_is_ordered_before_it_is_approved(
    session: Session, time: Clock, keys: Keys, provider: StandIn
):
    top_up = TopUp(session, keys, provider, needs_approval=True)
    assert recharge.due(session) == ()
    top_up.work()
    assert provider.calls == []
    fulfilment.approve(
        session,
        redemption_id=top_up.id,
        staff_id=factories.a_member_of_staff(session),
        request_key=factories.key(),
    )
    assert recharge.due(session) == (top_up.id,)


def test_the_number_is_not_readable_in_the_database(top_up: TopUp):
    for table in ("points_recharges", "points_requests", "points_redemptions"):
        rows = top_up.session.execute(text(f"SELECT t::text FROM {table} t"))  # noqa: S608  # ours
        assert all(PHONE not in str(row) for row in rows)


def test_an_order_has_one_number(top_up: TopUp):
    with pytest.raises(DBAPIError):
        top_up.session.execute(
            text(
                "INSERT INTO points_recharges (redemption_id, order_no, phone_sealed, fen)"
                " SELECT redemption_id, 'other', phone_sealed, fen FROM points_recharges"
            )
        )


def test_the_jobs_see_to_it(top_up: TopUp, monkeypatch: pytest.MonkeyPatch):
    top_up.session.commit()
    monkeypatch.setattr(keyring, "_current", top_up.keys)
    monkeypatch.setattr(provider_of_credit, "_connected", top_up.adapter)
    monkeypatch.setattr(tasks, "send", lambda name, *args: jobs.registered()[name](*args))
    tasks.recharge_due()
    top_up.session.expire_all()
    assert top_up.status == "fulfilled"
