"""How long a list takes to come in: read, checked, compared, written, as `flask facilities import` does."""

import time
from dataclasses import replace

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

import app  # noqa: F401  # all models
from convenience import demo, importing, mapping_toml, service
from convenience.importing import Wish
from convenience.mapping import ANYWHERE
from kernel import database
from kernel.documents import open_document
from kernel.readers import COMMAND, Document, Options
from local.postgres import temporary_postgres
from tests.conftest import migrate


def run(*, is_quick: bool) -> None:
    for count in (2_000,) if is_quick else (20_000, 1_000_000):
        document = Document("demo.csv", demo.table(count))
        with temporary_postgres() as server:  # durable: as in production
            server.create_database("bench")
            migrate(server.url("bench"))
            engine = create_engine(server.url("bench"))
            database.use(sessionmaker(engine, expire_on_commit=False))
            with database.transaction() as session:
                for code, name, aliases, position in demo.EXTRA_KINDS:
                    service.add_kind(
                        session, code=code, name=name, aliases=aliases, position=position
                    )
            print(f"    {count:>9,} rows, all new    {_imported(document):>8.1f} s")
            if count < 100_000:
                print(f"    {count:>9,} rows, once more  {_imported(document):>8.1f} s")
            engine.dispose()


def _imported(document: Document) -> float:
    mapping = replace(mapping_toml.load(demo.MAPPING), area=ANYWHERE)
    start = time.perf_counter()
    source = open_document(document, Options(), COMMAND)
    with database.transaction() as session:
        importing.apply(session, document, source, mapping, Wish(is_demo=True))
    return time.perf_counter() - start
