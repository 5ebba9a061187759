"""Keys: made, shown once, counted, ended; by command and at the desk."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from exchange import keys, views
from exchange.errors import BadKey, BadName, KeyRequired, NameTaken
from exchange.models import Key
from kernel import clock
from kernel.bursts import Limiter
from tests.exchange.asking import Program, a_key


def call(session: Session, key: str) -> keys.Caller:
    return keys.caller(session, key)


def test_a_key_is_kept_as_its_hash_and_knows_its_last_use(session: Session) -> None:
    made = a_key(session, "read", name="甲")
    row = session.scalars(select(Key)).one()
    assert made.encode() not in row.key_hash
    assert row.last_used_at is None
    assert call(session, made).name == "甲"
    assert row.last_used_at is not None


def test_an_ended_key_opens_nothing(session: Session) -> None:
    made = a_key(session, name="甲")
    keys.end_key(session, key_id=keys.key_named(session, "甲") or 0)
    with pytest.raises(KeyRequired):
        call(session, made)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"name": " "}, BadName),
        ({"name": "长" * 61}, BadName),
        ({"name": "甲"}, NameTaken),
        ({"source": "wechat"}, BadKey),
        ({"scopes": []}, BadKey),
        ({"scopes": ["everything"]}, BadKey),
        ({"per_minute": 0}, BadKey),
        ({"key": "short"}, BadKey),
        ({"key": "钥" * 30}, BadKey),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    session: Session, changed: dict[str, object], refusal: type[Exception]
) -> None:
    a_key(session, name="甲")
    values: dict[str, object] = {"name": "乙", "scopes": ["report"]}
    with pytest.raises(refusal):
        keys.add_key(session, **(values | changed))  # type: ignore[arg-type]  # on purpose


def test_the_database_refuses_unknown_scopes(session: Session) -> None:
    a_key(session, name="甲")
    with pytest.raises(IntegrityError, match="ck_exchange_keys_scopes"):
        session.execute(text("UPDATE exchange_keys SET scopes = '{everything}'"))


def test_who_asks_too_often_waits_a_minute(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now().replace(second=10)
    monkeypatch.setattr(clock, "now", lambda: now)
    hasty = Program(client, a_key(session, "read", per_minute=2))
    hasty.get("requests")
    hasty.get("requests")
    assert hasty.get("requests", 429)[0]["code"] == 429
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=1))
    hasty.get("requests")


def test_an_address_without_a_key_asks_some_times_a_minute(
    nobody: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_STRANGERS", Limiter(2, 60))
    nobody.get("requests")
    nobody.get("requests")
    assert nobody.get("requests", 429)[0]["code"] == 429
    nobody.get("services")  # costs nothing


def test_keys_by_command(app: Flask, session: Session, client: FlaskClient) -> None:
    run = app.test_cli_runner().invoke
    made = run(args=["open311", "key", "add", "巡查", "--source", "patrol", "--scope", "read"])
    assert made.exit_code == 0, made.output
    Program(client, made.output.split()[-1]).get("requests")
    again = run(args=["open311", "key", "add", "巡查"])
    assert (again.exit_code, "已经有了" in again.output) == (1, True)
    chosen = "chosen-elsewhere-0123456789"
    line = ["open311", "key", "add", "试用", "--scope", "read", "--key-stdin", "--if-missing"]
    for _ in range(2):
        assert run(args=line, input=chosen + "\n").exit_code == 0
    Program(client, chosen).get("requests")
    assert "巡查\tpatrol\tread" in run(args=["open311", "key", "list"]).output
    assert run(args=["open311", "key", "end", "巡查"]).exit_code == 0
    assert run(args=["open311", "key", "end", "没有"]).exit_code == 1
    Program(client, made.output.split()[-1]).get("requests", 403)


def test_keys_at_the_desk(administrator: FlaskClient, session: Session) -> None:
    page = administrator.get("/console/exchange/keys").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "name": "传感器", "source": "sensor", "scope": "report"}
    made = administrator.post("/console/exchange/keys", data=form | {"per_minute": "9"})
    shown = re.search(r"<code>(bxo_[^<]+)</code>", made.get_data(as_text=True))
    assert shown
    assert call(session, shown[1]).source == "sensor"
    assert shown[1] not in administrator.get("/console/exchange/keys").get_data(as_text=True)
    assert administrator.post("/console/exchange/keys", data=form).status_code == 409
    key_id = keys.key_named(session, "传感器")
    ended = administrator.post(f"/console/exchange/keys/{key_id}/end", data=form)
    assert ended.status_code == 303
    with pytest.raises(KeyRequired):
        call(session, shown[1])
    gone = administrator.post(f"/console/exchange/keys/{10**30}/end", data=form)
    assert gone.status_code == 404
