"""Who left: his loose photos go in batches, and after a year nobody knows who he was."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

import accounts
import points
from cases.models import Photo
from kernel import clock
from kernel.settings import Settings
from tests import factories
from tests.wechat.messages import HOUSE, photo, place, unfollow
from tests.wechat.messages import text as said
from wechat import forgetting, service, tasks

pytestmark = pytest.mark.usefixtures("app", "_settings_of_the_tests")


@pytest.fixture
def _settings_of_the_tests(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "current", lambda: settings)


def left(session: Session, *, days: int, openid: str = "o-li") -> int:
    """Let somebody have left so many days ago."""
    service.accept(said("你好", openid=openid), HOUSE)
    service.accept(unfollow(openid=openid), HOUSE)
    citizen_id = session.scalars(
        select(accounts.Citizen.id).where(accounts.Citizen.openid == openid)
    ).one()
    session.execute(
        update(accounts.Citizen)
        .where(accounts.Citizen.id == citizen_id)
        .values(unfollowed_at=clock.now() - timedelta(days=days))
    )
    session.commit()
    return citizen_id


def openids(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(accounts.Citizen.openid).order_by(accounts.Citizen.id)))


def test_many_photos_go_in_batches_until_none_is_left(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen_id = left(session, days=0)
    for _ in range(7):
        factories.a_photo(session, citizen_id)
    session.commit()
    monkeypatch.setattr(tasks, "BATCH", 2)
    sizes: list[int] = []
    loose = forgetting.loose

    def noting(mine: Session, **given: Any) -> tuple[str, ...]:  # noqa: ANN401 - handed on
        keys = loose(mine, **given)
        sizes.append(len(keys))
        return keys

    monkeypatch.setattr(forgetting, "loose", noting)
    tasks.forget_citizen(citizen_id)
    assert session.scalar(select(func.count()).select_from(Photo)) == 0
    assert len(sizes) == 5
    assert max(sizes) <= 4  # a picture and its small copy


def test_after_a_year_only_a_number_is_left(session: Session) -> None:
    citizen_id = left(session, days=366)
    still = left(session, days=364, openid="o-still")
    tasks.forget()
    tasks.forget()
    assert openids(session) == [f"gone:{citizen_id}", "o-still"]
    assert still


def test_who_comes_back_afterwards_is_somebody_new(session: Session) -> None:
    citizen_id = left(session, days=366)
    tasks.forget()
    service.accept(said("你好"), HOUSE)
    assert openids(session) == [f"gone:{citizen_id}", "o-li"]


def test_who_came_back_in_time_is_known(session: Session) -> None:
    left(session, days=366)
    service.accept(said("你好"), HOUSE)
    tasks.forget()
    assert openids(session) == ["o-li"]


def test_an_open_report_keeps_him_known(session: Session) -> None:
    for message in (photo(), place(), said("路灯不亮"), said("1")):
        service.accept(message, HOUSE)
    left(session, days=400)
    tasks.forget()
    assert openids(session) == ["o-li"]


def test_points_keep_him_known(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    citizen_id = left(session, days=400)
    has = points.balance(session, citizen_id)
    session.commit()
    with monkeypatch.context() as rich:
        rich.setattr(points, "balance", lambda *_: type(has)(**{**vars(has), "usable": 5}))
        tasks.forget()
    assert openids(session) == ["o-li"]


def test_those_who_are_needed_do_not_hide_those_behind_them(session: Session) -> None:
    for message in (photo(), place(), said("路灯不亮"), said("1")):
        service.accept(message, HOUSE)
    left(session, days=500)
    behind = left(session, days=400, openid="o-behind")
    found = forgetting.openids(session, clock.now(), after=None, limit=1)
    assert found[0] == 0
    assert forgetting.openids(session, clock.now(), after=found[1], limit=1)[0] == 1
    session.commit()
    assert openids(session) == ["o-li", f"gone:{behind}"]


def test_finding_who_left_does_not_grow_with_those_who_stayed(app: Flask, session: Session) -> None:
    assert app
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.scalars(
        text(
            "EXPLAIN SELECT id FROM accounts_citizens WHERE unfollowed_at IS NOT NULL"
            " AND openid NOT LIKE 'gone:%' AND unfollowed_at < now() ORDER BY unfollowed_at, id LIMIT 9"
        )
    ).all()
    assert "ix_accounts_citizens_left" in "".join(plan)
