"""What need not be kept is deleted: by its age, and sooner for who left."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import accounts
import cases
from accounts.models import CitizenSession
from cases.models import Photo
from kernel import blobs, clock, database
from kernel.settings import Settings
from tests import factories
from tests.wechat.messages import HOUSE, photo, place, text, unfollow
from wechat import forgetting, notices, service, tasks, windows
from wechat.forgetting import Terms
from wechat.models import Consent, Media, Message, Notice, Receipt, Talk, Window

TERMS = Terms(words=7, messages=30, notices=180, loose=7)
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("app", "_settings_of_the_tests")


@pytest.fixture
def _settings_of_the_tests(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "current", lambda: settings)


def count(session: Session, table: type) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(table)) or 0


def by_age(session: Session) -> int:
    with database.transaction() as mine:
        return forgetting.by_age(mine, TERMS)


def grow_older(session: Session, table: type, column: str, days: int) -> None:
    aged = getattr(table, column) - timedelta(days=days)
    session.execute(update(table).values({column: aged}))
    session.commit()


def test_a_message_is_known_until_long_after_nobody_could_deliver_it_again(
    session: Session,
) -> None:
    said = text("你好")
    service.accept(said, HOUSE)
    grow_older(session, Message, "received_at", 29)
    assert by_age(session) == 0
    grow_older(session, Message, "received_at", 2)
    assert by_age(session) == 1
    assert count(session, Message) == 0


def test_the_time_that_keys_are_known_is_longer_than_any_delivery_may_be_old(app: Flask) -> None:
    fields = type(app.extensions["baixing_settings"]).model_fields
    oldest_s = next(m.le for m in fields["wechat_window_s"].metadata if hasattr(m, "le"))
    shortest_days = next(m.ge for m in fields["keep_messages_days"].metadata if hasattr(m, "ge"))
    assert shortest_days * 86400 > 10 * oldest_s


def test_what_is_deferred_is_never_too_old(session: Session) -> None:
    service.accept(text("你好"), HOUSE)
    session.execute(update(Message).values(state="deferred"))
    grow_older(session, Message, "received_at", 400)
    assert by_age(session) == 0


def test_an_old_draft_is_emptied_and_its_photos_go_with_it(session: Session) -> None:
    service.accept(photo(), HOUSE)
    photo_id = session.scalars(select(Photo.id)).one()
    with database.transaction() as mine:
        cases.store_photo(mine, photo_id=photo_id, picture=factories.a_picture())
    key = session.scalars(select(Photo.blob_key)).one()
    assert key
    for table, column in ((Talk, "updated_at"), (Photo, "received_at")):
        grow_older(session, table, column, 8)
    tasks.forget()
    assert session.scalars(select(Talk.draft)).all() == [None]
    assert (count(session, Photo), count(session, Media)) == (0, 0)
    with pytest.raises(blobs.BlobMissing):
        blobs.store().get(key)


def test_a_photo_of_an_open_draft_or_of_a_report_stays(session: Session) -> None:
    for message in (photo("m1"), place(), text("路灯不亮"), text("1"), photo("m2")):
        service.accept(message, HOUSE)
    grow_older(session, Photo, "received_at", 30)
    tasks.forget()
    assert count(session, Photo) == 2


def test_bytes_that_another_photo_has_stay(session: Session) -> None:
    citizen = factories.a_citizen(session)
    loose = factories.a_photo(session, citizen)
    factories.a_photo(session, citizen)
    session.commit()
    key = session.scalars(select(Photo.blob_key).where(Photo.id == loose)).one()
    assert key
    session.execute(
        update(Photo).where(Photo.id == loose).values(received_at=clock.now() - 8 * DAY)
    )
    session.commit()
    tasks.forget()
    assert count(session, Photo) == 1
    assert blobs.store().get(key)


def test_who_leaves_takes_with_him_what_need_not_stay(session: Session) -> None:
    service.accept(photo(), HOUSE)
    citizen = session.scalars(select(accounts.Citizen.id)).one()
    with database.transaction() as mine:
        accounts.open_citizen_session(mine, citizen)
        mine.add(Consent(citizen_id=citizen, template_id="t", left_over=2))
        notices.owe(mine, citizen_id=citizen, topic="case:1", fact="f", title="t", text="t")
    service.accept(unfollow(), HOUSE)
    assert session.scalars(select(Talk.draft)).all() == [None]
    session.expire_all()
    assert session.scalars(select(Notice.state)).all() == ["given_up"]
    for table in (Consent, Window, CitizenSession):
        assert count(session, table) == 0
    tasks.forget_citizen(citizen)
    assert (count(session, Photo), count(session, Media)) == (0, 0)


def test_who_came_back_meanwhile_keeps_his_photos(session: Session) -> None:
    service.accept(photo(), HOUSE)
    citizen = session.scalars(select(accounts.Citizen.id)).one()
    service.accept(unfollow(), HOUSE)
    service.accept(photo("m2"), HOUSE)
    tasks.forget_citizen(citizen)
    assert count(session, Photo) == 2


def test_leaving_twice_is_leaving_once(session: Session) -> None:
    service.accept(photo(), HOUSE)
    citizen = session.scalars(select(accounts.Citizen.id)).one()
    for _ in range(2):
        service.accept(unfollow(), HOUSE)
        tasks.forget_citizen(citizen)
    assert count(session, Photo) == 0


def test_old_notices_go_and_a_month_of_waiting_ends(session: Session) -> None:
    citizen = factories.a_citizen(session)
    for fact, state in (("a", "given_up"), ("b", "parked"), ("c", "owed")):
        notices.owe(session, citizen_id=citizen, topic=fact, fact=fact, title="t", text="t")
        session.execute(update(Notice).where(Notice.fact == fact).values(state=state))
    session.commit()
    grow_older(session, Notice, "created_at", 31)
    assert by_age(session) == 1
    assert session.scalars(select(Notice.state).order_by(Notice.fact)).all() == [
        "given_up",
        "given_up",
        "owed",
    ]
    grow_older(session, Notice, "created_at", 150)
    assert by_age(session) == 2
    assert session.scalars(select(Notice.fact)).all() == ["c"]


def test_closed_windows_and_read_receipts_go(session: Session) -> None:
    citizen = factories.a_citizen(session)
    windows.note(session, citizen, text("你好"))
    session.add(Receipt(msg_id="1", fault="failed:user block"))
    session.commit()
    assert by_age(session) == 0
    session.execute(
        update(Window).values(
            opened_at=Window.opened_at - 4 * DAY, closes_at=Window.closes_at - 4 * DAY
        )
    )
    grow_older(session, Receipt, "received_at", 8)
    assert by_age(session) == 2
