"""One platform for the run, with an account's server behind it; each test finds it empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from simulator.config import Config
from simulator.web import create_app
from simulator.world import World

from . import account as names
from .account import Account

DEADLINE_S = 0.25


def config_for(account: Account, folder: Path) -> Config:
    return Config(
        data_dir=folder / "simulator",
        callback_url=account.url,
        app_id=names.APP_ID,
        app_secret=names.APP_SECRET,
        token=names.TOKEN,
        aes_key=names.AES_KEY,
        template_id=names.TEMPLATE_ID,
        port=0,
        deadline_s=DEADLINE_S,
        retry_pause_s=0.01,
    )


@pytest.fixture(scope="session")
def lasting_account() -> Iterator[Account]:
    with Account() as listening:
        yield listening


@pytest.fixture(scope="session")
def lasting_world(
    lasting_account: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    made = World(config_for(lasting_account, tmp_path_factory.mktemp("platform")))
    yield made
    made.close()


@pytest.fixture
def account(lasting_account: Account) -> Account:
    lasting_account.forget()
    return lasting_account


@pytest.fixture
def config(account: Account, tmp_path: Path) -> Config:
    """Make settings for a platform of the test's own."""
    return config_for(account, tmp_path)


@pytest.fixture
def world(lasting_world: World, account: Account) -> World:
    lasting_world.reset()
    return lasting_world


@pytest.fixture(scope="session")
def application(lasting_world: World) -> Flask:
    return create_app(lasting_world)


@pytest.fixture
def client(world: World, application: Flask) -> FlaskClient:
    return application.test_client()
