"""Migrations on real databases: there is one line of them, and it leads up and down."""

from itertools import count
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from local.postgres import EmbeddedPostgres
from tests.conftest import ROOT, migrate

VERSIONS = ROOT / "migrations" / "versions"
_numbers = count(1)


def scripts() -> ScriptDirectory:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config)


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> str:
    name = f"migrations_{next(_numbers)}"
    postgres.create_database(name)
    return postgres.url(name)


def objects_in(url: str) -> set[str]:
    """List tables, functions and sequences, without Alembic's own table."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        functions = connection.scalars(
            text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        )
        found = tables | set(functions)
    engine.dispose()
    return found - {"alembic_version"}


def test_there_is_one_head_and_names_are_numbers_in_order():
    history = list(reversed(list(scripts().walk_revisions())))
    assert len(scripts().get_heads()) == 1
    for number, revision in enumerate(history, start=1):
        assert revision.revision.startswith(f"{number:04d}_")
        assert len(revision.revision) <= 32
        assert Path(revision.path).stem == revision.revision
    assert len(list(VERSIONS.glob("*.py"))) == len(history)


def test_the_migrations_make_what_the_models_say(empty_database: str):
    migrate(empty_database)
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = empty_database
    command.check(config)


def test_all_the_way_down_leaves_nothing_and_up_again_makes_the_same(empty_database: str):
    migrate(empty_database)
    made = objects_in(empty_database)
    assert "cases_cases" in made
    migrate(empty_database, "base")
    assert objects_in(empty_database) == set()
    migrate(empty_database)
    assert objects_in(empty_database) == made


def test_each_migration_can_be_taken_back_by_itself(empty_database: str):
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = empty_database
    for revision in reversed(list(scripts().walk_revisions())):
        command.upgrade(config, revision.revision)
        made = objects_in(empty_database)
        command.downgrade(config, "-1")
        command.upgrade(config, revision.revision)
        assert objects_in(empty_database) == made
