"""The command that adds staff: what it asks, says, and refuses."""

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Staff

PASSWORD = "correct horse battery\n"


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def create(runner: FlaskCliRunner, *options: str, typed: str = PASSWORD) -> tuple[int, str]:
    arguments = ["accounts", "create-staff", "--username", "li.na", "--password-stdin", *options]
    done = runner.invoke(args=arguments, input=typed)
    return done.exit_code, done.output


def test_a_member_of_staff_is_added(runner: FlaskCliRunner, session: Session) -> None:
    assert create(runner, "--name", "李娜", "--role", "dispatcher") == (
        0,
        "已添加 li.na（dispatcher）。\n",
    )
    assert session.execute(select(Staff.name, Staff.role)).one() == ("李娜", "dispatcher")


def test_the_password_may_be_typed_twice_instead(runner: FlaskCliRunner) -> None:
    done = runner.invoke(
        args=["accounts", "create-staff", "--username", "li.na"], input=PASSWORD * 2
    )

    assert done.exit_code == 0
    assert PASSWORD.strip() not in done.output


def test_the_same_name_again_is_a_fault_in_one_sentence(runner: FlaskCliRunner) -> None:
    create(runner)

    assert create(runner) == (1, "Error: 这个用户名已经有人用了，请换一个。\n")


def test_the_same_name_again_may_be_meant(runner: FlaskCliRunner, session: Session) -> None:
    create(runner)

    assert create(runner, "--if-missing") == (0, "li.na 已经在了，没有改动。\n")
    assert len(session.scalars(select(Staff)).all()) == 1


def test_a_weak_password_is_a_fault_in_one_sentence(
    runner: FlaskCliRunner, session: Session
) -> None:
    assert create(runner, typed="short\n") == (1, "Error: 密码太短，请用 10 个以上字符。\n")
    assert session.scalars(select(Staff)).all() == []
