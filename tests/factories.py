"""Things that tests need before they begin, made by one call each.

Whoever works at the desk gets no usable password here: hashing one takes longer than most tests.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO

from PIL import Image
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

import accounts
import cases
import territory
from cases.rules import MOVES, Status
from local.postgres import EmbeddedPostgres
from tests.conftest import migrate

PREFIX = "JB"
# How a fresh report gets to each status.
ROADS: dict[Status, tuple[str, ...]] = {
    Status.REPORTED: (),
    Status.FILED: ("file",),
    Status.DISPATCHED: ("file", "dispatch"),
    Status.DISPOSED: ("file", "dispatch", "dispose"),
    Status.CLOSED: ("file", "dispatch", "dispose", "close"),
    Status.REFUSED: ("refuse",),
}


def key() -> str:
    """Return a fresh request key, as forms and conversations make them."""
    return uuid.uuid4().hex


def a_citizen(session: Session, openid: str | None = None) -> int:
    return accounts.citizen_for(session, openid or f"o{key()[:27]}")


def a_member_of_staff(
    session: Session,
    *,
    name: str = "李娜",
    role: accounts.Role = accounts.Role.ACCEPTOR,
    body_id: int | None = None,
) -> int:
    made = accounts.Staff(
        username=f"s{key()[:12]}", name=name, role=role, body_id=body_id, password_hash="none"
    )
    session.add(made)
    session.flush()
    return made.id


def a_body(session: Session, name: str | None = None, *, is_active: bool = True) -> int:
    made = territory.Body(
        code=key()[:12],
        name=name or f"{key()[:8]}街道",
        kind="street",
        is_active=is_active,
    )
    session.add(made)
    session.flush()
    return made.id


def image_bytes(
    size: tuple[int, int] = (64, 48), *, kind: str = "JPEG", **options: object
) -> bytes:
    """Return a picture file whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@cache
def a_picture(width: int = 64) -> cases.Picture:
    return cases.prepare(image_bytes((width, 48)))


def a_photo(session: Session, citizen_id: int, *, is_stored: bool = True) -> int:
    photo_id = cases.receive_photo(session, citizen_id=citizen_id, origin=f"test:{key()}")
    if is_stored:
        cases.store_photo(session, photo_id=photo_id, picture=a_picture())
    return photo_id


def a_report(
    session: Session,
    *,
    citizen_id: int | None = None,
    text: str | None = "路面坑洼，积水很深",
    place_label: str | None = "建新东路3号附近",
    latitude: float | None = 29.5745,
    longitude: float | None = 106.5300,
    photo_ids: tuple[int, ...] = (),
    request_key: str | None = None,
    source: str = "wechat",
    class_code: str | None = None,
    sign_code: str | None = None,
    contact_phone: str | None = None,
) -> cases.Reported:
    return cases.report(
        session,
        request_key=request_key or key(),
        prefix=PREFIX,
        source=source,
        citizen_id=a_citizen(session) if citizen_id is None else citizen_id,
        text=text,
        place_label=place_label,
        latitude=latitude,
        longitude=longitude,
        photo_ids=photo_ids,
        class_code=class_code,
        sign_code=sign_code,
        contact_phone=contact_phone,
    )


def move_on(
    session: Session,
    case_id: int,
    name: str,
    *,
    staff_id: int | None = None,
    body_id: int | None = None,
    note: str | None = None,
) -> None:
    """Make a legal move with all that it needs, on the newest version of the case."""
    needs = MOVES[name].needs
    cases.move(
        session,
        case_id=case_id,
        name=name,
        staff_id=staff_id or a_member_of_staff(session),
        request_key=key(),
        seen_version=cases.case_file(session, case_id).version,
        note=note or ("已经看过现场" if "note" in needs else None),
        body_id=(body_id or a_body(session)) if "body" in needs else None,
        photos=[a_picture()] if "photo" in needs else [],
    )


def a_case(session: Session, status: Status, *, citizen_id: int | None = None) -> cases.Reported:
    """Return a case that went the shortest way to the status."""
    made = a_report(session, citizen_id=citizen_id)
    for name in ROADS[status]:
        move_on(session, made.case_id, name)
    return made


@contextmanager
def throwaway_database(postgres: EmbeddedPostgres, *, is_empty: bool = False) -> Iterator[str]:
    """Lend the URL of a database of its own, migrated unless it is to be empty."""
    name, template = f"t_{key()[:12]}", "template0" if is_empty else _migrated(postgres)
    with postgres.connect("postgres") as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield postgres.url(name)
    finally:
        with postgres.connect("postgres") as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _migrated(postgres: EmbeddedPostgres) -> str:
    """Name a migrated database that nobody uses, made once a run: copying it is quick."""
    name = "migrated"
    with postgres.connect("postgres") as server:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if server.execute(query, [name]).fetchone() is None:
            postgres.create_database(name)
            migrate(postgres.url(name))
    return name


@contextmanager
def committing_sessions(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    """Lend sessions on a database of its own: each its own connection, each commit real."""
    with throwaway_database(postgres) as url:
        engine = create_engine(url, pool_pre_ping=True)
        try:
            yield sessionmaker(engine, expire_on_commit=False)
        finally:
            engine.dispose()
