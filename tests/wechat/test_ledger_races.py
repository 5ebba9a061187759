"""Our books hold when many workers write in them at once, on real connections that commit."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

import accounts
import cases
from cases.models import Photo
from kernel import blobs, database, jobs
from local.postgres import EmbeddedPostgres
from tests import factories
from tests.factories import committing_sessions, key
from tests.turns import Turns
from tests.wechat.messages import text
from wechat import consents, notices, windows
from wechat.models import Consent, Notice, Window

T = TypeVar("T")


@pytest.fixture(scope="module")
def own(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    with committing_sessions(postgres) as made:
        yield made


@pytest.fixture
def books(
    own: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> sessionmaker[Session]:
    monkeypatch.setattr(database, "_sessions", own)
    monkeypatch.setattr(jobs, "send", lambda *_: None)
    blobs.connect(blobs.LocalBlobs(tmp_path))
    return own


def at_once(count: int, act: Callable[[Session], T]) -> list[T]:
    """Do the same in so many transactions, all begun before any goes on."""
    begun = threading.Barrier(count)

    def one(_: int) -> T:
        with database.transaction() as session:
            session.connection()
            begun.wait(10)
            return act(session)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def a_resident() -> int:
    with database.transaction() as session:
        return accounts.citizen_for(session, f"o{key()[:20]}")


@pytest.mark.usefixtures("books")
def test_a_window_of_five_gives_five_however_many_ask() -> None:
    resident = a_resident()
    with database.transaction() as session:
        windows.note(session, resident, text("你好"))
    given = at_once(9, lambda session: windows.spend(session, resident))
    assert sum(given) == 5
    with database.transaction() as session:
        used = select(Window.used).where(Window.citizen_id == resident)
        assert session.scalars(used).one() == 5


@pytest.mark.usefixtures("books")
def test_three_consents_are_three_however_many_ask() -> None:
    resident = a_resident()
    with database.transaction() as session:
        session.add(Consent(citizen_id=resident, template_id="t", left_over=3))
    given = at_once(8, lambda session: consents.spend(session, resident, "t", is_lasting=False))
    assert sum(given) == 3


def an_owed_notice(resident: int, topic: str) -> int:
    with database.transaction() as session:
        fact = key()
        notices.owe(session, citizen_id=resident, topic=topic, fact=fact, title="t", text="t")
        return session.scalars(select(Notice.id).where(Notice.fact == fact)).one()


@pytest.mark.usefixtures("books")
def test_a_notice_is_claimed_by_one_of_many_workers() -> None:
    told = an_owed_notice(a_resident(), key())
    claimed = at_once(8, lambda session: notices.claim(session, told))
    assert len([each for each in claimed if each]) == 1


@pytest.mark.usefixtures("books")
def test_a_fact_that_many_announce_is_one_notice() -> None:
    resident, fact = a_resident(), key()

    def announce(session: Session) -> None:
        notices.owe(session, citizen_id=resident, topic=fact, fact=fact, title="t", text="t")

    at_once(8, announce)
    with database.transaction() as session:
        assert len(session.scalars(select(Notice.id).where(Notice.fact == fact)).all()) == 1


@pytest.mark.parametrize("round_", range(5))
@pytest.mark.usefixtures("books")
def test_sent_and_not_delivered_at_the_same_time_is_not_delivered(round_: int) -> None:
    told, msg_id = an_owed_notice(a_resident(), key()), key()
    turn = iter((True, False))
    lock = threading.Lock()

    def one_of_two(session: Session) -> None:
        with lock:
            is_first = next(turn)
        if is_first == bool(round_ % 2):
            notices.settle(session, told, msg_id=msg_id)
        else:
            notices.undelivered(session, msg_id=msg_id, fault="failed:user block")

    at_once(2, one_of_two)
    with database.transaction() as session:
        assert session.scalars(select(Notice.state).where(Notice.id == told)).one() == "parked"


def test_bytes_that_somebody_is_about_to_store_again_are_not_deleted(
    books: sessionmaker[Session],
) -> None:
    resident = a_resident()
    picture = factories.a_picture(80)
    with database.transaction() as session:
        old = cases.receive_photo(session, citizen_id=resident, origin=key())
        cases.store_photo(session, photo_id=old, picture=picture)
        name = session.scalars(select(Photo.blob_key).where(Photo.id == old)).one()
        new = cases.receive_photo(session, citizen_id=resident, origin=key())
    assert name
    with database.transaction() as session:
        cases.forget_photos(session, [old])
    with Turns(books) as (storer, deleter):
        storer.do(lambda session: cases.store_photo(session, photo_id=new, picture=picture))
        deleting = deleter.begin(lambda session: cases.forget_bytes(session, name))
        deleter.wait_until_blocked()
        storer.commit()
        deleting.result(10)
    assert blobs.store().get(name) == picture.jpeg
