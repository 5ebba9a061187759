"""Deliveries that overlap, on real connections that really commit."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, insert, select
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import sessionmaker

import convenience
import reactions
from kernel import blobs, bus, database
from kernel.trips import Asked, TripFailed, Wire
from local.postgres import EmbeddedPostgres
from tests.conftest import migrate
from tests.wechat.messages import HOUSE, photo, text
from wechat import service, wording
from wechat.inbound import Inbound
from wechat.models import Media, Message, Notice, Talk
from wechat.parsing import parse
from wechat.replies import Reply, TextReply


@pytest.fixture(scope="module")
def own_engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    postgres.create_database("turns")
    migrate(postgres.url("turns"))
    engine = create_engine(postgres.url("turns"), pool_size=10)
    yield engine
    engine.dispose()


@pytest.fixture
def city(own_engine: Engine, tmp_path: Path) -> Engine:
    """Connect the process to an empty database of its own."""
    blobs.connect(blobs.LocalBlobs(tmp_path))
    bus.connect(reactions.subscriptions("http://city.test"))
    database.use(sessionmaker(own_engine, expire_on_commit=False))
    with own_engine.begin() as connection:
        for table in ("media", "notices", "talks", "messages"):
            connection.execute(sql(f"DELETE FROM wechat_{table}"))  # noqa: S608  # names of our own
        connection.execute(sql("DELETE FROM cases_photos"))
    return own_engine


def waiters(engine: Engine) -> int:
    with engine.connect() as connection:
        return (
            connection.scalar(
                sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            )
            or 0
        )


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come to that in five seconds")


class Turn:
    """Holds a resident's lock, as a delivery does that is at work on another worker."""

    def __init__(self, engine: Engine, openid: str) -> None:
        self._connection = engine.connect()
        self._connection.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(openid, 0)))
        )

    def ends(self) -> None:
        self._connection.rollback()
        self._connection.close()


def deliver(pool: ThreadPoolExecutor, message: Inbound) -> Future[Reply]:
    return pool.submit(service.accept, message, HOUSE)


def test_deliveries_that_overlap_get_one_answer_and_do_one_thing(city: Engine):
    earlier = Turn(city, "o-li")
    sent = photo()
    with ThreadPoolExecutor(3) as pool:
        answers = [deliver(pool, sent) for _ in range(3)]
        until(lambda: waiters(city) == 3)
        earlier.ends()
        replies = {answer.result(timeout=5) for answer in answers}
    assert len(replies) == 1
    with city.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Media)) == 1
        assert connection.scalar(select(func.count()).select_from(Message)) == 1


def test_without_the_turn_the_same_overlap_leaves_a_delivery_without_an_answer(city: Engine):
    """The naive control: key first, answer later, as a unique key alone would do it."""
    both_have_looked = threading.Barrier(2)

    def naive(key: str) -> str | None:
        with city.begin() as connection:
            known = connection.scalar(select(Message.key).where(Message.key == key))
            both_have_looked.wait(timeout=5)
            if known is not None:
                return "known"
            try:
                connection.execute(
                    insert(Message).values(key=key, openid="o", kind="text", state="deferred")
                )
            except IntegrityError:
                return None
        return "handled"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(naive, "m:1") for _ in range(2)]
        assert sorted(str(outcome.result(timeout=5)) for outcome in outcomes) == ["None", "handled"]


def test_residents_do_not_wait_for_each_other(city: Engine):
    somebody = Turn(city, "o-li")
    with ThreadPoolExecutor(1) as pool:
        assert isinstance(deliver(pool, text("你好", openid="o-wang")).result(timeout=5), TextReply)
    somebody.ends()


def test_what_does_not_get_its_turn_is_kept_answered_and_done_later(
    city: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "LOCK_TIMEOUT_MS", 50)
    earlier = Turn(city, "o-li")
    raw = (
        "<xml><ToUserName>gh_city</ToUserName><FromUserName>o-li</FromUserName>"
        "<CreateTime>1790000000</CreateTime><MsgType>text</MsgType>"
        "<Content>帮助</Content><MsgId>42</MsgId></xml>"
    )
    message = parse(raw)
    assert service.accept(message, HOUSE) == TextReply(wording.later())
    assert service.accept(message, HOUSE) == TextReply(wording.later())
    earlier.ends()
    with database.transaction() as session:
        waiting = service.deferred(session)
        for key in waiting:
            service.catch_up(session, key, HOUSE)
    with database.transaction() as session:
        assert service.deferred(session) == []
        assert wording.usage() in session.scalars(select(Notice.text)).one()
        service.catch_up(session, waiting[0], HOUSE)
        assert len(session.scalars(select(Notice.text)).all()) == 1


@pytest.fixture
def known(city: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Let 李 be known already, and the kinds of facilities: what the quick way asks for."""
    monkeypatch.setattr(convenience, "kinds_at_hand", dict)
    service.accept(text("你好"), HOUSE)
    return city


def messages(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(Message.key).order_by(Message.received_at)))


def test_the_quick_way_commits_for_real(known: Engine, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as alone:
        alone.setattr(service, "transaction", None)  # the long way would fail
        said = service.accept(text("路灯不亮", key="m:1"), HOUSE)
        assert service.accept(text("路灯不亮", key="m:1"), HOUSE) == said
    assert "m:1" in messages(known)


def test_who_must_wait_waits_the_long_way_and_keeps_the_order(known: Engine):
    earlier = Turn(known, "o-li")
    with ThreadPoolExecutor(2) as pool:
        first = deliver(pool, text("门口的路灯不亮", key="m:1"))
        until(lambda: waiters(known) == 1)
        second = deliver(pool, text("0", key="m:2"))
        until(lambda: waiters(known) == 2)
        earlier.ends()
        replies = [first.result(timeout=5), second.result(timeout=5)]
    assert all(isinstance(reply, TextReply) for reply in replies)
    assert messages(known)[-2:] == ["m:1", "m:2"]
    with known.connect() as connection:  # 0 dropped what the first had begun
        assert connection.scalars(select(Talk.draft)).all() == [None]


def test_nobody_overtakes_who_waits_already(known: Engine):
    """The naive control: a try that looked at the lock alone would get in before who waits."""
    earlier = Turn(known, "o-li")
    with ThreadPoolExecutor(1) as pool:
        waits = deliver(pool, text("你好"))
        until(lambda: waiters(known) == 1)
        with known.connect() as other:
            tried = func.pg_try_advisory_xact_lock(func.hashtextextended("o-li", 0))
            assert other.scalar(select(tried)) is False
        earlier.ends()
        waits.result(timeout=5)


@pytest.mark.parametrize("is_committed", [False, True], ids=["before", "after"])
def test_a_connection_that_dies_at_the_commit_loses_and_doubles_nothing(
    known: Engine, monkeypatch: pytest.MonkeyPatch, *, is_committed: bool
):
    commit = Wire.commit

    def dies(self: Wire, *asked: Asked) -> None:
        if is_committed:
            commit(self, *asked)
        raise TripFailed("its answer was lost")

    count = len(messages(known))
    monkeypatch.setattr(Wire, "commit", dies)
    said = service.accept(text("路灯不亮", key="m:1"), HOUSE)
    assert service.accept(text("路灯不亮", key="m:1"), HOUSE) == said
    assert len(messages(known)) == count + 1


def test_when_nothing_can_be_stored_the_delivery_is_not_acknowledged():
    database.use(sessionmaker(create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")))
    with pytest.raises(service.Unavailable):
        service.accept(text("你好"), HOUSE)
