"""Responsible bodies: the list, names for history, and demo data that may be loaded twice."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import territory
from territory.models import Body


def add(session: Session, code: str, name: str) -> bool:
    return territory.add_body(session, code=code, name=name, kind="street")


def named(session: Session) -> Sequence[str]:
    return [body.name for body in territory.bodies(session)]


def test_bodies_come_in_the_order_of_their_codes(session: Session) -> None:
    for code, name in (("500105003", "石马河街道"), ("500105001", "华新街街道")):
        assert add(session, code, name)

    assert named(session) == ["华新街街道", "石马河街道"]


@pytest.mark.parametrize(("code", "name"), [("500105001", "别的街道"), ("500105009", "华新街街道")])
def test_a_body_that_is_there_already_is_not_added_again(
    session: Session, code: str, name: str
) -> None:
    add(session, "500105001", "华新街街道")

    assert not add(session, code, name)
    assert named(session) == ["华新街街道"]


def test_a_body_that_was_dissolved_gets_no_work_but_keeps_its_name(session: Session) -> None:
    add(session, "500105001", "华新街街道")
    (body,) = territory.bodies(session)
    session.execute(update(Body).values(is_active=False))

    assert territory.bodies(session) == ()
    assert territory.body_name(session, body.id) is None
    assert territory.body_names(session, [body.id]) == {body.id: "华新街街道"}


def test_what_does_not_exist_has_no_name(session: Session) -> None:
    assert territory.body_name(session, 10**9) is None
    assert territory.body_names(session, [10**9]) == {}
    assert territory.body_names(session, []) == {}


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"kind": "planet"}, "ck_territory_bodies_kind"),
        ({"name": ""}, "ck_territory_bodies_name_length"),
        ({"name": "街" * 61}, "ck_territory_bodies_name_length"),
    ],
)
def test_the_database_refuses_what_is_no_body(
    session: Session, values: dict[str, str], constraint: str
) -> None:
    body = {"code": "500105001", "name": "华新街街道", "kind": "street"} | values
    with pytest.raises(IntegrityError, match=constraint):
        territory.add_body(session, **body)


def test_demo_data_may_be_loaded_twice(app: Flask, session: Session) -> None:
    first, again = (app.test_cli_runner().invoke(args=["demo", "load"]) for _ in range(2))

    assert (first.exit_code, again.exit_code) == (0, 0)
    count = len(territory.bodies(session))
    assert count == 458
    assert first.output.startswith(f"演示数据：新增责任单位 {count} 个，已有 0 个。\n演示地域：")
    assert again.output == f"演示数据：新增责任单位 0 个，已有 {count} 个。\n"
    assert len(territory.streets(session)) == 13
