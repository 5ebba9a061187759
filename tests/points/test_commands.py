"""Jobs and commands: what runs by itself, and what somebody runs by hand."""

import logging
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel import bus
from points import keys as keyring
from points import ledger, roles, sealing, tasks
from points import provider as provider_of_credit
from points.cli import commands
from points.keys import Keys
from points.models import APPENDED
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import balance, give, goods, redeem, rich_citizen
from tests.points.test_sealing import as_owner


@pytest.fixture
def house(session: Session, time: Clock, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Give the session to which jobs and commands commit."""
    monkeypatch.setattr(keyring, "_current", keys)
    return session


def command(*words: str) -> tuple[int, str]:
    info = ScriptInfo(create_app=lambda: Flask("points"))
    done = CliRunner().invoke(commands, list(words), obj=info)
    return done.exit_code, done.output


def test_sound_books_are_said_to_be_sound(house: Session):
    rich_citizen(house)
    house.commit()
    assert command("reconcile") == (0, "账目全部相符。\n")


def test_books_that_do_not_tie_end_with_an_error(house: Session, caplog: pytest.LogCaptureFixture):
    rich_citizen(house)
    with as_owner(house):
        house.execute(text("UPDATE points_accounts SET available = available + 1"))
    house.commit()
    code, words = command("reconcile")
    assert code == 1
    assert "balance" in words
    assert any(record.levelno == logging.ERROR for record in caplog.records)


def test_a_broken_chain_is_named(house: Session, keys: Keys):
    rich_citizen(house)
    rich_citizen(house)
    house.commit()
    tasks.seal()
    code, words = command("verify")
    assert (code, words.split()[0]) == (0, "2")
    published = words.rsplit("；", 1)[-1].strip()
    assert command("verify", "--anchor", published)[0] == 0
    assert command("verify", "--anchor", f"2:{'00' * 32}")[0] == 1
    assert command("verify", "--anchor", "nonsense")[0] == 2
    with as_owner(house):
        house.execute(
            text(
                "UPDATE points_transfers SET amount = 1 WHERE no = (SELECT min(no) FROM points_transfers)"
            )
        )
    house.commit()
    code, words = command("verify")
    assert code == 1
    assert "第 1 条" in words


def test_a_day_is_closed_once_and_its_anchor_can_be_published(house: Session):
    rich_citizen(house)
    house.commit()
    tasks.close_day()
    tasks.close_day()
    code, words = command("anchors")
    assert code == 0
    assert "2026-11-15\t1:" in words


def test_points_expire_by_the_job_once_the_day_is_over(house: Session, time: Clock):
    citizen_id = factories.a_citizen(house)
    give(house, citizen_id, 5, expires_on=ledger.today())
    house.commit()
    tasks.expire()
    assert balance(house, citizen_id) == (5, 0)
    house.commit()
    time.forward(days=1)
    tasks.expire()
    tasks.expire()
    assert balance(house, citizen_id) == (0, 0)


def test_a_clock_that_jumped_expires_nothing_until_two_people_confirm_it(
    house: Session, time: Clock
):
    citizen_id = rich_citizen(house)
    people = [factories.a_member_of_staff(house) for _ in range(2)]
    names = (
        house.execute(
            text("SELECT username FROM accounts_staff WHERE id = ANY(:ids)"), {"ids": people}
        )
        .scalars()
        .all()
    )
    house.commit()
    tasks.expire()
    time.forward(days=730)
    tasks.expire()
    assert balance(house, citizen_id) == (1000, 0)
    house.commit()
    assert command("confirm-day", "--staff", names[0], names[0])[0] == 2
    assert command("confirm-day", "--staff", *names)[0] == 0
    tasks.expire()
    assert balance(house, citizen_id) == (0, 0)


def test_what_nobody_picks_up_lapses_by_the_job(house: Session, time: Clock, keys: Keys):
    citizen_id, (item_id, site_id) = rich_citizen(house), goods(house)
    redeem(house, citizen_id, item_id, keys, site_id=site_id).check()
    house.commit()
    time.forward(days=20)
    tasks.lapse_redemptions()
    assert balance(house, citizen_id) == (1000, 0)


def test_a_providers_statement_is_compared(house: Session, tmp_path: Path):
    days = ("--from", "2026-11-01", "--to", "2026-11-30")
    file = tmp_path / "statement.csv"
    file.write_text("\ufefforder_no,outcome\n", encoding="utf-8")
    code, words = command("credit-statement", str(file), *days)
    assert (code, "全部相符" in words) == (0, True)
    file.write_text("order_no,outcome\nx,done\n", encoding="utf-8")
    code, words = command("credit-statement", str(file), *days)
    assert (code, "x: not ours" in words) == (1, True)
    file.write_text("order_no,outcome\nx,perhaps\n", encoding="utf-8")
    assert command("credit-statement", str(file), *days)[0] == 2


def test_without_a_provider_orders_wait(house: Session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(provider_of_credit, "_connected", None)
    tasks.recharge_due()
    tasks.order_credit(str(uuid.uuid4()))


def test_nothing_works_without_its_secret(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keyring, "_current", None)
    with pytest.raises(RuntimeError, match="connect"):
        keyring.current()
    keyring.connect("a secret")
    assert keyring.current() == Keys.of("a secret")


# -- the role that the service runs as -----------------------------------------------------------


def test_the_services_role_appends_and_no_more(session: Session, time: Clock, keys: Keys):
    """The commands of `role-sql`, and then the role itself: it works, and changes nothing."""
    bus.connect({})  # what others do about it is their own tables' affair
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    sealing.seal(session, keys)
    role = f"service_{uuid.uuid4().hex[:8]}"
    session.execute(text(f"CREATE ROLE {role}"))
    for statement in roles.grants(role):
        session.execute(text(statement))
    session.execute(
        text(f"GRANT SELECT, REFERENCES ON accounts_citizens, accounts_staff TO {role}")
    )
    session.execute(text(f"SET LOCAL ROLE {role}"))
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    forbidden = [f"DELETE FROM {model.__tablename__}" for model in APPENDED]  # noqa: S608  # ours
    forbidden += [
        "UPDATE points_transfers SET amount = 1",
        "TRUNCATE points_transfers CASCADE",
        "ALTER TABLE points_transfers DISABLE TRIGGER ALL",
        "SET LOCAL session_replication_role = replica",
        "DROP TABLE points_seals",
    ]
    for statement in forbidden:
        with (
            pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
            session.begin_nested(),
        ):
            session.execute(text(statement))


def test_a_roles_name_is_a_name():
    with pytest.raises(ValueError, match="letters"):
        roles.grants("x; DROP TABLE")
