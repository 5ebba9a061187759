"""A worker tells how far it is while its own transaction shows nothing and holds the import's row."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from convenience import import_tasks, lists_at_work
from convenience.importing import Wish
from convenience.models import Facility, Import
from kernel import blobs, database
from kernel.settings import Settings
from local.postgres import EmbeddedPostgres
from tests import factories
from tests.convenience.files import a_row, mapping, table
from tests.factories import committing_sessions


@pytest.fixture
def town(postgres: EmbeddedPostgres, settings: Settings) -> Iterator[sessionmaker[Session]]:
    blobs.connect(blobs.LocalBlobs(settings.blob_dir))
    with committing_sessions(postgres) as made:
        database.use(made)
        yield made


def test_progress_is_told_while_the_imports_row_is_held(
    town: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = blobs.store().put(table([a_row(n) for n in range(2100)]), "list")
    with town.begin() as session:
        staff = factories.a_member_of_staff(session)
        record = Import(state="received", file_name="公厕.csv", file_key=key, sha256="0")
        session.add(record)
        session.flush()
        number = record.id
        import_tasks.ask_check(session, number, mapping(), Wish(), save_as="", staff_id=staff)
    heard: list[tuple[int, int]] = []
    tell = import_tasks.tell

    def listen(session: Session, import_id: int, done: int, total: int) -> None:
        heard.append((done, total))
        tell(session, import_id, done, total)

    monkeypatch.setattr(import_tasks, "tell", listen)
    monkeypatch.setattr(lists_at_work, "PAUSE_S", 0)
    lists_at_work.work(number)
    checked = len(heard)
    with town.begin() as session:
        import_tasks.ask_apply(session, number, staff_id=staff)
    lists_at_work.work(number)
    assert 0 < checked < len(heard), "both were told of"
    assert heard[-1][0] == heard[-1][1] > 0
    with town.begin() as session:
        assert session.scalar(select(Facility.id).limit(1))
        assert import_tasks.of(session, number) is None
