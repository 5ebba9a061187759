"""The books checked because somebody asked: how far it is, what came of it, who goes on."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts import Role
from points import book_checks, reconciliation, tasks
from tests import factories
from tests.points.conftest import Clock
from tests.points.desk import Desk, form_with
from tests.points.mall import rich_citizen
from tests.points.test_sealing import as_owner

HOW_MANY = len(reconciliation.CHECKS)


@pytest.fixture
def desk(app: Flask, session: Session) -> Desk:
    return Desk(app, session)


def spoil(session: Session) -> int:
    """Give somebody points past all laws."""
    citizen_id = rich_citizen(session)
    with as_owner(session):
        session.execute(
            text("UPDATE points_accounts SET available = 7 WHERE citizen_id = :id"),
            {"id": citizen_id},
        )
    session.commit()
    return citizen_id


def test_the_desk_asks_sees_how_far_it_is_and_what_came_of_it(desk: Desk, session: Session):
    rich_citizen(session)
    session.commit()
    form = form_with(desk.look("/books"), action="/books/check")
    assert "已开始核对" in desk.done(desk.send(form))
    assert f"已查 0 项，共 {HOW_MANY} 项" in desk.look("/books").text
    desk.send(form)  # sent twice, it is one
    assert session.scalar(text("SELECT count(*) FROM points_book_checks")) == 1

    run_id = book_checks.claim(session)
    assert run_id is not None
    assert book_checks.go_on(session, run_id)
    session.commit()
    assert f"已查 1 项，共 {HOW_MANY} 项" in desk.look("/books").text
    while book_checks.go_on(session, run_id):
        pass
    session.commit()
    words = desk.look("/books").text
    assert f"{HOW_MANY} 项全部相符" in words
    assert "现在核对" in words


def test_what_does_not_tie_is_told_frozen_and_rings(desk: Desk, session: Session):
    citizen_id = spoil(session)
    book_checks.ask(session, staff_id=desk.staff_id)
    session.commit()
    tasks.check_books()
    words = desk.look("/books").text
    assert "处不符" in words
    assert "lots of wallet" in words
    frozen = text("SELECT is_frozen FROM points_accounts WHERE citizen_id = :id")
    assert session.scalar(frozen, {"id": citizen_id})
    desk.send(form_with(desk.look("/books"), action="/books/check"))
    tasks.check_books()
    assert session.scalar(text("SELECT count(*) FROM points_book_checks")) == 2


def test_a_run_that_a_dead_worker_left_is_gone_on_with(session: Session, time: Clock):
    book_checks.ask(session, staff_id=factories.a_member_of_staff(session))
    first = book_checks.claim(session)
    assert first is not None
    assert book_checks.go_on(session, first)
    assert book_checks.claim(session) is None  # somebody works on it
    time.forward(minutes=6)
    assert book_checks.claim(session) == first
    while book_checks.go_on(session, first):
        pass
    row = book_checks.newest(session)
    assert row is not None
    assert (row.done, row.findings) == (HOW_MANY, 0)
    assert not book_checks.go_on(session, first)
    assert book_checks.claim(session) is None


def test_nothing_asked_nothing_to_do(session: Session):
    assert book_checks.newest(session) is None
    tasks.check_books()


@pytest.mark.parametrize(("role", "status"), [(Role.AUDITOR, 303), (Role.SHOP_KEEPER, 403)])
def test_an_auditor_may_ask_and_a_shop_keeper_may_not(
    app: Flask, session: Session, role: Role, status: int
):
    assert Desk(app, session, role=role).post("/books/check").status_code == status
