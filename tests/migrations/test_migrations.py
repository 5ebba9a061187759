"""Migrations: one line of them, there and back, and equal to the models."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from kernel import broker
from kernel.database import Base
from local.postgres import EmbeddedPostgres
from tests.factories import throwaway_database

ROOT = Path(__file__).parents[2]
LOCK = 20211201  # as migrations/env.py has it

Schema = dict[str, list[tuple[object, ...]]]


def config_for(url: str) -> Config:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def revisions() -> Sequence[Script]:
    """Return all revisions, the first one first."""
    return list(ScriptDirectory(str(ROOT / "migrations")).walk_revisions())[::-1]


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> Iterator[str]:
    with throwaway_database(postgres, is_empty=True) as made:
        yield made


# What makes a schema, by PostgreSQL's own account.
CATALOGUE = {
    "columns": """
        SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default,
               is_identity, identity_generation, is_generated, generation_expression
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 't'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "sequences": "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'",
    "types": "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
    " AND typtype IN ('e', 'd')",
}


def schema_of(engine: Engine, *kinds: str) -> Schema:
    """Return what the database consists of, without the tools' own tables."""
    foreign = {"alembic_version", *broker.TABLES}
    found: Schema = {}
    with engine.connect() as connection:
        for kind in kinds or CATALOGUE:
            rows = [tuple(row) for row in connection.execute(text(CATALOGUE[kind]))]
            found[kind] = sorted((row for row in rows if row[0] not in foreign), key=repr)
    return found


def test_there_is_one_line_of_migrations_and_its_names_count_up() -> None:
    found = revisions()

    assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1
    for number, script in enumerate(found, start=1):
        assert script.revision == Path(script.path).stem
        assert re.fullmatch(rf"{number:04d}_[a-z0-9_]+", script.revision)
        assert len(script.revision) <= 32  # what alembic's own table holds
        assert script.down_revision == (found[number - 2].revision if number > 1 else None)
        assert script.branch_labels == set()
        assert script.doc.strip(". ")
    files = {path.name for path in (ROOT / "migrations" / "versions").glob("*.py")}
    assert files == {Path(script.path).name for script in found}


def test_up_and_down_and_up_again(url: str) -> None:
    config, engine = config_for(url), create_engine(url)
    command.upgrade(config, "head")
    first = schema_of(engine)
    assert len(first["columns"]) > 50

    command.downgrade(config, "base")
    assert schema_of(engine) == {kind: [] for kind in CATALOGUE}

    command.upgrade(config, "head")
    assert schema_of(engine) == first
    command.upgrade(config, "head")  # a second time does nothing
    assert schema_of(engine) == first
    engine.dispose()


def test_each_step_down_undoes_its_step_up(url: str) -> None:
    config, engine = config_for(url), create_engine(url)
    for script in revisions():
        before = schema_of(engine)
        command.upgrade(config, script.revision)
        assert schema_of(engine) != before
        command.downgrade(config, "-1")
        assert schema_of(engine) == before
        command.upgrade(config, script.revision)
    engine.dispose()


def test_alembic_finds_nothing_to_add(url: str) -> None:
    config = config_for(url)
    command.upgrade(config, "head")

    command.check(config)


@pytest.fixture(scope="module")
def migrated(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with throwaway_database(postgres) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def modelled(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with throwaway_database(postgres, is_empty=True) as url:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()


@pytest.mark.parametrize("kind", ["columns", "constraints", "indexes", "sequences", "types"])
def test_migrations_and_models_make_the_same_database(
    migrated: Engine, modelled: Engine, kind: str
) -> None:
    # Alembic does not compare checks, defaults and generated columns; PostgreSQL's account does.
    assert schema_of(migrated, kind) == schema_of(modelled, kind)


def test_every_constraint_and_index_has_a_name_of_ours(migrated: Engine) -> None:
    found = schema_of(migrated, "constraints", "indexes")

    named = {str(row[1]) for row in found["constraints"] + found["indexes"]}
    ours = re.compile(r"(pk|uq|ck|fk|ix)_[a-z0-9_]+")
    # PostgreSQL names its own not-null constraints.
    theirs = {name for name in named if name.endswith("_not_null")}
    assert {name for name in named if not ours.fullmatch(name)} == theirs


def test_what_refers_to_something_that_may_go_is_found_by_an_index(migrated: Engine) -> None:
    query = """
        SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.conname
        FROM pg_constraint c
        WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = ANY(c.conkey))
        """
    with migrated.connect() as connection:
        bare = {tuple(row) for row in connection.execute(text(query))}

    # Staff and bodies are closed, areas retired, and never deleted.
    kept = {"accounts_staff", "territory_areas", "territory_bodies"}
    assert {row for row in bare if row[0].startswith("cases_") and row[1] not in kept} == set()


def test_two_processes_do_not_migrate_at_once(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as first:
        first.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        first.commit()
        second = threading.Thread(target=command.upgrade, args=(config_for(url), "head"))
        second.start()
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        deadline = time.monotonic() + 10
        while not first.scalar(waits) and time.monotonic() < deadline:
            time.sleep(0.01)
        first.rollback()
        assert schema_of(engine, "columns") == {"columns": []}
        first.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        first.commit()
    second.join(30)

    assert schema_of(engine, "columns")["columns"]
    engine.dispose()
