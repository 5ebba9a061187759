"""Photos that a client named by address: fetched once, or given up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from cases.models import Photo
from exchange import media, tasks
from exchange.models import Medium
from kernel import clock
from kernel.settings import Settings
from tests.exchange.asking import Program
from tests.exchange.listening import Answering, Listener, listening
from tests.factories import image_bytes


@pytest.fixture(scope="module")
def server() -> Iterator[Listener]:
    with listening() as made:
        yield made


@pytest.fixture
def allowed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    may = settings.model_copy(update={"exchange_private_addresses": True})
    monkeypatch.setattr(tasks, "current", lambda: may)


@pytest.fixture
def medium(patrol: Program, server: Listener, session: Session) -> Medium:
    patrol.hand_in(media_url=f"{server.url}/1.jpg")
    return session.scalars(select(Medium)).one()


def fetch(session: Session, medium: Medium) -> str:
    session.commit()
    tasks.fetch_medium(medium.id)
    session.refresh(medium)
    return medium.state


@pytest.mark.usefixtures("allowed")
def test_a_photo_is_fetched_and_given_to_its_case(
    session: Session, medium: Medium, server: Listener
) -> None:
    server.answer = lambda _: Answering(body=image_bytes())
    assert fetch(session, medium) == "done"
    assert fetch(session, medium) == "done"
    photo = session.scalars(select(Photo)).one()
    assert (photo.case_id, photo.state, photo.purpose) == (medium.case_id, "stored", "report")
    assert cases.case_file(session, medium.case_id).moves[0].photo_ids == (photo.id,)


@pytest.mark.usefixtures("allowed")
def test_what_is_away_is_asked_for_again_some_times(
    session: Session,
    medium: Medium,
    server: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.answer = lambda _: Answering(503)
    now = clock.now()
    for attempt in range(1, media.MOST_ATTEMPTS + 1):
        now += timedelta(days=1)
        monkeypatch.setattr(clock, "now", lambda at=now: at)
        state = fetch(session, medium)
        assert state == ("owed" if attempt < media.MOST_ATTEMPTS else "given_up")
    assert (medium.attempts, medium.fault) == (media.MOST_ATTEMPTS, "HTTP 503")


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("said", [Answering(404), Answering(body=b"no picture")])
def test_what_is_not_there_or_no_photo_is_given_up(
    session: Session, medium: Medium, server: Listener, said: Answering
) -> None:
    server.answer = lambda _: said
    assert fetch(session, medium) == "given_up"


def test_a_private_address_is_never_asked(
    session: Session,
    medium: Medium,
    server: Listener,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "current", lambda: settings)
    count = len(server.heard)
    assert fetch(session, medium) == "given_up"
    assert len(server.heard) == count


def test_the_sweeper_finds_it_while_it_is_owed(session: Session, medium: Medium) -> None:
    assert media.due(session) == [medium.id]
    assert media.claim(session, medium.id) is not None
    assert media.claim(session, medium.id) is None  # somebody is at it
    assert media.due(session) == []
