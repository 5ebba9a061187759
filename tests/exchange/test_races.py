"""Two sendings of one request at the same time, in turns that the test decides."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from exchange import filing, keys, outbox, updates
from exchange.keys import Caller
from exchange.outbox_models import Hook, Message
from kernel import blobs, bus, database
from kernel.settings import Settings
from local.postgres import EmbeddedPostgres
from tests.factories import a_report, committing_sessions, key
from tests.turns import Turns

Sessions = sessionmaker[Session]
FORM = {"service_code": ["other"], "address_string": ["桥头"], "description": ["坑洼"]}


@pytest.fixture(scope="module")
def committed(postgres: EmbeddedPostgres) -> Iterator[Sessions]:
    with committing_sessions(postgres) as made:
        yield made


@pytest.fixture(autouse=True)
def connected(committed: Sessions, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_sessions", committed)
    monkeypatch.setattr(blobs, "_store", blobs.LocalBlobs(settings.blob_dir))
    monkeypatch.setattr(bus, "_subscriptions", {})


@pytest.fixture
def caller(committed: Sessions) -> Caller:
    with committed.begin() as session:
        made = keys.add_key(session, name=key(), scopes=["report", "update"])
    with committed.begin() as session:
        return keys.caller(session, made)


def handing_in(caller: Caller, reference: str | None = None) -> Callable[[Session], str]:
    form = FORM | ({"attribute[client_reference]": [reference]} if reference else {})
    sent = filing.read(form, None)
    return lambda session: filing.file(session, caller, sent, prefix="JB")


@pytest.mark.parametrize("reference", [None, "77"])
def test_of_two_sendings_at_once_one_makes_the_case_and_both_learn_its_number(
    committed: Sessions, caller: Caller, reference: str | None
) -> None:
    with Turns(committed) as (one, other):
        first = one.do(handing_in(caller, reference))
        waiting = other.begin(handing_in(caller, reference))
        other.wait_until_blocked()
        one.commit()
        assert waiting.result(10) == first
        other.commit()


def test_when_the_first_fails_the_second_makes_it(committed: Sessions, caller: Caller) -> None:
    with Turns(committed) as (one, other):
        lost = one.do(handing_in(caller, "78"))
        waiting = other.begin(handing_in(caller, "78"))
        other.wait_until_blocked()
        one.rollback()
        made = waiting.result(10)
        other.commit()
        assert made != lost


def test_without_taking_turns_there_would_be_two_cases(
    committed: Sessions, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "_take_turn", lambda *_: None)
    with Turns(committed) as (one, other):
        first, second = one.do(handing_in(caller)), other.do(handing_in(caller))
        one.commit()
        other.commit()
        assert first != second


def test_without_taking_turns_the_database_refuses_a_second_case_of_a_reference(
    committed: Sessions, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "_take_turn", lambda *_: None)
    with Turns(committed) as (one, other):
        one.do(handing_in(caller, "79"))
        waiting = other.begin(handing_in(caller, "79"))
        other.wait_until_blocked()
        one.commit()
        with pytest.raises(IntegrityError, match="uq_exchange_receipts_key_id_reference"):
            waiting.result(10)
        other.rollback()


def test_an_update_said_twice_at_once_is_kept_once(committed: Sessions, caller: Caller) -> None:
    with committed.begin() as session:
        number = handing_in(caller, "80")(session)
    said = {"service_request_id": number, "update_id": "1", "description": "好了"}
    with Turns(committed) as (one, other):
        first = one.do(lambda session: updates.say(session, caller, said))
        waiting = other.begin(lambda session: updates.say(session, caller, said))
        other.wait_until_blocked()
        one.commit()
        assert waiting.result(10) == first
        other.commit()


@pytest.fixture
def owed(committed: Sessions) -> int:
    """Owe a webhook one message, and return it."""
    with committed.begin() as session:
        made = a_report(session)
        hook = Hook(name=key(), url="https://a.example/", events=["*"], salt=b"s" * 16)
        session.add(hook)
        session.flush()
        for seq in (1, 2):
            outbox.owe(
                session, hook_id=hook.id, case_id=made.case_id, seq=seq, event="x", body="{}"
            )
    with committed() as session:
        return session.scalars(select(Message.id).where(Message.hook_id == hook.id)).all()[0]


def test_of_two_workers_one_sends_the_message(committed: Sessions, owed: int) -> None:
    with Turns(committed) as (one, other):
        assert one.do(lambda session: outbox.claim(session, owed)) is not None
        waiting = other.begin(lambda session: outbox.claim(session, owed))
        other.wait_until_blocked()
        one.commit()
        assert waiting.result(10) is None
        # The second of the case waits for the first, whoever asks.
        assert other.do(lambda session: outbox.claim(session, owed + 1)) is None


def test_naive_claiming_sends_it_twice(committed: Sessions, owed: int) -> None:
    def look(session: Session) -> bool:
        return session.scalars(select(Message.state).where(Message.id == owed)).one() == "owed"

    with Turns(committed) as (one, other):
        assert one.do(look)
        assert other.do(look)


def test_the_same_step_is_owed_once_also_to_the_gateway(committed: Sessions) -> None:
    with committed.begin() as session:
        case_id = a_report(session).case_id

    def owe(session: Session) -> None:
        outbox.owe(session, hook_id=None, case_id=case_id, seq=1, event="x", body="{}")

    with Turns(committed) as (one, other):
        one.do(owe)
        waiting = other.begin(owe)
        other.wait_until_blocked()
        one.commit()
        waiting.result(10)
        other.commit()
    with committed() as session:
        wanted = select(Message.id).where(Message.case_id == case_id)
        assert len(session.scalars(wanted).all()) == 1
