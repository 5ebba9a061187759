"""One PostgreSQL for the whole run, one savepoint for each test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

import accounts
import points
import reactions
from app import create_app
from kernel import blobs, bus, database, jobs
from kernel.settings import Settings
from local.postgres import EmbeddedPostgres, temporary_postgres

ROOT = Path(__file__).parent.parent
AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Let three share two cores: tests that wait for servers and browsers leave time to others."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


# Files that take the longest, the longest first: begun last, they would be waited for alone.
LONG = ("faults", "browser", "journeys", "cases/test_figures", "cases/test_walks", "migrations")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        return next((n for n, begin in enumerate(LONG) if path.startswith(begin)), len(LONG))

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _secrets() -> None:
    """Filing a case awards points, with or without the application around it."""
    points.keys.connect("s" * 40)


@pytest.fixture(scope="session", autouse=True)
def _queue() -> None:
    """Nobody takes jobs out of this queue; without it each job sent looks for a broker for seconds."""
    jobs.connect("memory://")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """Lend the run's own server; what tests write need not survive a power cut."""
    with temporary_postgres(is_durable=False) as server:
        yield server


def migrate(url: str, revision: str = "head") -> None:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


@pytest.fixture(scope="session")
def database_url(postgres: EmbeddedPostgres) -> str:
    postgres.create_database("tests")
    url = postgres.url("tests")
    migrate(url)
    return url


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_settings(database_url, tmp_path_factory.mktemp("blobs"))


def make_settings(database_url: str, blob_dir: Path, **changed: object) -> Settings:
    values = {
        "database_url": database_url,
        # Nobody takes jobs out of this queue: tests run jobs themselves.
        "broker_url": "memory://",
        "secret_key": "s" * 40,
        "public_url": "http://city.test",
        "blob_dir": blob_dir,
        "wechat_app_id": "wx0123456789abcdef",
        "wechat_app_secret": "app-secret-of-the-tests",
        "wechat_token": "token-of-the-tests",
        "wechat_aes_key": AES_KEY,
        "wechat_api_base": "http://127.0.0.1:9",
        "cookie_secure": False,
        "is_demo": True,
    }
    return Settings.model_validate(values | changed)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: Engine, settings: Settings) -> Iterator[sessionmaker[Session]]:
    """Give sessions that commit into one transaction, which is rolled back after the test."""
    blobs.connect(blobs.LocalBlobs(settings.blob_dir))
    bus.connect(reactions.subscriptions(settings.public_url))
    with engine.connect() as connection, connection.begin() as outer:
        made = sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        database.use(made)
        yield made
        outer.rollback()


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as made:
        yield made


@pytest.fixture(scope="session")
def _made_app(settings: Settings) -> Flask:
    made = create_app(settings)
    made.testing = False  # errors become answers, as in production
    return made


@pytest.fixture
def app(_made_app: Flask, sessions: sessionmaker[Session]) -> Flask:
    """Lend the application, on the test's own sessions."""
    return _made_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def resident_client(app: Flask, session: Session) -> Callable[[int], FlaskClient]:
    """Give a browser in which the platform has vouched for this citizen."""

    def signed_in(citizen_id: int) -> FlaskClient:
        made = app.test_client()
        made.set_cookie(
            "bx_me", accounts.open_citizen_session(session, citizen_id), domain="city.test"
        )
        session.commit()
        return made

    return signed_in
