"""The account is compared with our settings; deliveries may be taken from known addresses only."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from kernel.settings import Settings
from tests.wechat.sim import Sim, platform
from wechat import checking, cli, tasks
from wechat import client as platform_client
from wechat.client import Client
from wechat.codec import Codec
from wechat.errors import BadConfiguration


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with platform(tmp_path_factory.mktemp("sim")) as made:
        yield made


@pytest.fixture
def client(
    app: Flask, sim: Sim, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    sim.post("reset")
    made = sim.client("checking")
    platform_client.use(made)
    monkeypatch.setattr(cli, "current", lambda: settings)
    monkeypatch.setattr(tasks, "current", lambda: settings)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("address", "setting", "expected"),
    [
        ("1.2.3.4", "", True),
        (None, "", True),
        ("1.2.3.4", "1.2.3.4", True),
        ("1.2.3.4", "1.2.3.0/24, 5.6.7.8", True),
        ("::ffff:1.2.3.4", "1.2.3.0/24", True),
        ("1.2.4.4", "1.2.3.0/24", False),
        ("2001:db8::1", "1.2.3.0/24", False),
        ("2001:db8::1", "2001:db8::/32", True),
        (None, "1.2.3.4", False),
        ("unix:", "1.2.3.4", False),
    ],
)
def test_addresses_are_compared_as_addresses(
    address: str | None, setting: str, *, expected: bool
) -> None:
    assert checking.is_let_in(address, checking.networks(setting)) is expected


def test_what_would_be_refused_is_found(client: Client) -> None:
    assert checking.addresses(client, "").refused == ()
    assert checking.addresses(client, "127.0.0.0/8").refused == ()
    assert checking.addresses(client, "10.0.0.0/8") == checking.Addresses(
        ("127.0.0.1",), ("127.0.0.1",)
    )


def test_a_delivery_from_elsewhere_is_refused_before_it_is_read(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = app.extensions["baixing_wechat"]
    strict = dataclasses.replace(door, allowed=checking.networks("10.0.0.0/8"))
    monkeypatch.setitem(app.extensions, "baixing_wechat", strict)
    answer = app.test_client().post("/wechat", data=b"x")
    assert (answer.status_code, answer.data) == (403, b"")
    inside = app.test_client().post(
        "/wechat", data=b"x", environ_overrides={"REMOTE_ADDR": "10.1.2.3"}
    )
    assert inside.status_code == 400


def test_the_command_tells_what_it_found(client: Client, app: Flask, sim: Sim) -> None:
    said = app.test_cli_runner().invoke(args=["wechat", "check"])
    assert said.exit_code == 0
    assert "127.0.0.1" in said.output
    assert "cgi-bin/stable_token  1/500000" in said.output
    sim.fault("cgi-bin/getcallbackip", "errcode", errcode=40164)
    refused = app.test_cli_runner().invoke(args=["wechat", "check"])
    assert refused.exit_code == 1
    assert "40164" in refused.output
    assert "rid" in refused.output


def test_a_code_is_made_by_command_and_by_call(client: Client, app: Flask, sim: Sim) -> None:
    said = app.test_cli_runner().invoke(args=["wechat", "qr", "AB12", "--days", "3"])
    assert said.exit_code == 0
    assert "weixin.qq.com/q/" in said.output
    made = client.create_code("标牌7")
    phone = sim.phone()
    sim.post(f"users/{phone}/scan?wait=0", {"code": made.url})


@pytest.mark.parametrize("scene", ["", "a b", "x" * 65, "\n", "<>\u0000"])
def test_a_scene_that_no_code_can_carry_is_refused_here(client: Client, scene: str) -> None:
    with pytest.raises(ValueError, match="scene"):
        client.create_code(scene)


def test_quotas_and_addresses_are_logged(
    client: Client, sim: Sim, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    sim.post("quotas", {"endpoint": "cgi-bin/qrcode/create", "daily": 1})
    client.create_code("AB12")
    tasks.check_account()
    lines = {record.getMessage(): record.levelname for record in caplog.records}
    assert lines["quota cgi-bin/qrcode/create: 1 of 1 used today"] == "WARNING"
    assert lines["quota cgi-bin/media/get: 0 of 200000 used today"] == "INFO"


def test_an_account_that_cannot_be_asked_costs_a_line(
    client: Client, sim: Sim, caplog: pytest.LogCaptureFixture
) -> None:
    sim.fault("*", "busy", times=50)
    tasks.check_account()
    assert any("could not be checked" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("token", ["", " ", "ab"])
def test_an_empty_token_refuses_to_start(token: str) -> None:
    with pytest.raises(BadConfiguration):
        Codec(token=token, app_id="wx0123456789abcdef", aes_key="a" * 43)
