"""Run migrations: one at a time over all processes, with names by number, and short locks."""

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import accounts.models
import cases.models
import cases.route_models
import convenience.models
import exchange.models
import exchange.outbox_models
import points.models
import qr.models
import territory.models
import wechat.models
from kernel import broker
from kernel.database import Base
from kernel.jobs import is_own
from kernel.settings import current

MODELS = (
    accounts.models,
    cases.models,
    convenience.models,
    exchange.models,
    exchange.outbox_models,
    points.models,
    qr.models,
    territory.models,
    wechat.models,
)
# Any number will do; it only has to be the same in all processes.
_LOCK = 20211201


def _include(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the broker's tables to kombu."""
    return not (kind == "table" and name in broker.TABLES)


def _number(_context: MigrationContext, _revision: object, scripts: list[MigrationScript]) -> None:
    """Name a new revision `0007_what_it_does` after the highest number there is."""
    directory = ScriptDirectory.from_config(context.config)
    count = sum(1 for _ in directory.walk_revisions())
    slug = (scripts[0].message or "change").lower().replace(" ", "_")
    scripts[0].rev_id = f"{count + 1:04d}_{slug}"[:32]


def _url() -> str:
    given: str | None = context.config.attributes.get("url")
    return given or current().database_url


def run() -> None:
    engine = create_engine(_url())
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        # A migration that would wait for a lock fails fast instead of stopping the service.
        connection.execute(text("SET lock_timeout = '3s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=_include,
            process_revision_directives=_number,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    engine.dispose()


def _prepare_queue() -> None:
    """Make the queue's tables where they are ours, before many processes would all try to."""
    if context.config.attributes.get("url") is None and is_own(current().broker):
        broker.create_tables(current().broker)


run()
_prepare_queue()
