"""A platform, a row for its token, and clients for the two."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session, sessionmaker

from kernel import database
from tests.wechat.calling import client_of
from tests.wechat.platform import Platform
from tests.wechat.residents import Resident
from tests.wechat.sim import Sim
from tests.wechat.sim import platform as simulated
from wechat.client import Client
from wechat.tokens import WeChatToken


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform() as made:
        yield made


@pytest.fixture
def token_name(engine: Engine) -> Iterator[str]:
    """Lend a token row of the test's own; what is written there is committed."""
    database.use(sessionmaker(engine, expire_on_commit=False))
    name = f"test:{uuid4()}"
    yield name
    with database.transaction() as session:
        session.execute(delete(WeChatToken).where(WeChatToken.name == name))


@pytest.fixture
def wechat(platform: Platform, token_name: str) -> Iterator[Client]:
    made = client_of(platform.url, token_name)
    yield made
    made.close()


@pytest.fixture
def hasty(platform: Platform, token_name: str) -> Iterator[Client]:
    """Lend a client that gives up soon."""
    made = client_of(
        platform.url, token_name, connect_timeout_s=0.3, read_timeout_s=0.2, file_timeout_s=0.5
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    """Run the simulator; nobody listens where it delivers."""
    with simulated(
        tmp_path_factory.mktemp("sim"), callback_url="http://127.0.0.1:9/wechat"
    ) as made:
        yield made


@pytest.fixture
def account(app: Flask, sim: Sim, request: pytest.FixtureRequest) -> Iterator[Client]:
    """Lend a client of a simulator that begins anew."""
    sim.post("reset")
    made = sim.client(request.node.name)
    yield made
    made.close()


@pytest.fixture
def li(account: Client, sim: Sim, session: Session) -> Resident:
    return Resident(sim, session)
