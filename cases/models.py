"""Cases, their moves and their photos; the rules that matter are constraints.

- A case's status is the last move's outcome: (id, version, status) refers to that move, so that
  the column and the history cannot disagree.
- Each move starts where the one before ended: (case, previous number, origin) refers to it.
- Two moves cannot both be number n of a case: of two people at once one wins.
- Moves are appended: a trigger (in the migration) refuses to change or delete them.
"""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import LONGEST_LABEL, LONGEST_NOTE, LONGEST_PHONE, LONGEST_TEXT, SOURCES
from .workflow import LEGAL, OPEN, REPORT, WITH_A_BODY, Status

_LEGAL = ", ".join(sorted(f"('{m.name}', '{m.origin}', '{m.to}')" for m in LEGAL))
_BY_SYSTEM = sorted({m.name for m in LEGAL if m.by_system})


_IS_OPEN = sql(f"status IN ({listed(OPEN)})")


class Case(Base):
    __tablename__ = "cases_cases"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    report_no: Mapped[str] = mapped_column(unique=True)
    # Opens the details of the report to whoever holds the link that the resident was sent.
    access_key: Mapped[str]
    # Made by the sender before sending: a repeated request finds the first one's case.
    request_key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    source: Mapped[str]
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_citizens.id"))
    # Given by somebody whom we cannot reach otherwise; personal data, for the desk only.
    contact_phone: Mapped[str | None]
    class_code: Mapped[str | None]
    sign_code: Mapped[str | None]  # the sign that it was reported at, or whose place it is
    text: Mapped[str | None]
    place_label: Mapped[str | None]
    latitude: Mapped[float | None]  # degrees, WGS-84
    longitude: Mapped[float | None]  # degrees, WGS-84
    cell: Mapped[str | None]  # geohash, 8 characters
    # Where that is in the district's tree: found at the report and again at filing, then kept
    # (a trigger), whatever becomes of the tree.
    street_code: Mapped[str | None] = mapped_column(ForeignKey("territory_areas.code"))
    community_code: Mapped[str | None] = mapped_column(ForeignKey("territory_areas.code"))
    grid_code: Mapped[str | None] = mapped_column(ForeignKey("territory_areas.code"))
    is_urgent: Mapped[bool] = mapped_column(server_default=sql("false"))
    body_id: Mapped[int | None] = mapped_column(ForeignKey("territory_bodies.id"))
    condition: Mapped[str | None]  # the filing condition (limits.py)
    refuse_reason: Mapped[str | None]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("cases_cases.id"))
    is_supervised: Mapped[bool] = mapped_column(server_default=sql("false"))
    urges: Mapped[int] = mapped_column(server_default=sql("0"))
    # The running clock of now, so that lists need not look into cases_stages; none when paused.
    stage: Mapped[str | None]
    stage_warn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stage_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # What was promised to the resident: the disposal's, and the law's.
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answer_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reported_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"status IN ({listed(Status)})", name="status"),
        CheckConstraint(f"source IN ({listed(SOURCES)})", name="source"),
        CheckConstraint("class_code ~ '^[CE][0-9]{4}$'", name="class_code"),
        CheckConstraint("length(sign_code) BETWEEN 1 AND 16", name="sign_code_length"),
        CheckConstraint("source <> 'sign' OR sign_code IS NOT NULL", name="sign_is_named"),
        CheckConstraint(
            f"length(contact_phone) BETWEEN 3 AND {LONGEST_PHONE}", name="phone_length"
        ),
        CheckConstraint(f"length(text) BETWEEN 1 AND {LONGEST_TEXT}", name="text_length"),
        CheckConstraint(f"length(place_label) BETWEEN 1 AND {LONGEST_LABEL}", name="label_length"),
        CheckConstraint(
            "num_nulls(latitude, longitude, cell) IN (0, 3)", name="located_wholly_or_not"
        ),
        CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="on_earth"
        ),
        CheckConstraint("latitude IS NOT NULL OR place_label IS NOT NULL", name="is_somewhere"),
        CheckConstraint(
            "(community_code IS NULL OR street_code IS NOT NULL)"
            " AND (grid_code IS NULL OR community_code IS NOT NULL)",
            name="cell_in_a_community_in_a_street",
        ),
        CheckConstraint("street_code IS NULL OR latitude IS NOT NULL", name="street_of_a_place"),
        CheckConstraint(
            f"status NOT IN ({listed(WITH_A_BODY)}) OR body_id IS NOT NULL",
            name="somebody_is_responsible",
        ),
        CheckConstraint(
            "(status = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id", name="merged"
        ),
        CheckConstraint(
            "refuse_reason IS NULL OR length(refuse_reason) BETWEEN 1 AND 30",
            name="refuse_reason_length",
        ),
        ForeignKeyConstraint(
            ["id", "version", "status"],
            ["cases_moves.case_id", "cases_moves.seq", "cases_moves.to_status"],
            name="fk_cases_cases_status_is_last_move",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index("ix_cases_cases_status_id", "status", "id"),
        Index("ix_cases_cases_citizen_id_id", "citizen_id", "id"),
        Index("ix_cases_cases_body_id", "body_id", "id"),
        Index("ix_cases_cases_class_code", "class_code", "id"),
        Index("ix_cases_cases_source", "source", "id"),
        Index("ix_cases_cases_street_code", "street_code", "id"),
        Index(
            "ix_cases_cases_merged_into",
            "merged_into",
            postgresql_where=sql("merged_into IS NOT NULL"),
        ),
        Index("ix_cases_cases_open", "id", postgresql_where=_IS_OPEN),
        Index("ix_cases_cases_open_body", "body_id", "id", postgresql_where=_IS_OPEN),
        Index("ix_cases_cases_near", sql('"left"(cell, 7)'), postgresql_where=_IS_OPEN),
        Index(
            "ix_cases_cases_stage_due_at",
            "stage_due_at",
            postgresql_where=sql("stage_due_at IS NOT NULL"),
        ),
        Index("ix_cases_cases_urgent", "id", postgresql_where=sql("is_urgent")),
        Index("ix_cases_cases_supervised", "id", postgresql_where=sql("is_supervised")),
        Index("ix_cases_cases_reported_at", "reported_at"),
        Index("ix_cases_cases_updated_at", "updated_at", "id"),
    )


class CaseMove(Base):
    __tablename__ = "cases_moves"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous_seq: Mapped[int | None] = mapped_column(
        Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True)
    )
    name: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    body_id: Mapped[int | None] = mapped_column(ForeignKey("territory_bodies.id"))
    note: Mapped[str | None]
    request_key: Mapped[str] = mapped_column(unique=True)

    __table_args__ = (
        UniqueConstraint("case_id", "seq", "to_status"),
        ForeignKeyConstraint(
            ["case_id", "previous_seq", "from_status"],
            ["cases_moves.case_id", "cases_moves.seq", "cases_moves.to_status"],
            name="fk_cases_moves_starts_where_the_last_ended",
        ),
        CheckConstraint(
            f"(seq = 1 AND name = '{REPORT}' AND from_status IS NULL"
            f" AND to_status = '{Status.REPORTED}' AND staff_id IS NULL)"
            # Said, because a comparison with NULL would pass for legal.
            f" OR (seq > 1 AND (staff_id IS NOT NULL OR name IN ({listed(_BY_SYSTEM)}))"
            f" AND from_status IS NOT NULL"
            f" AND (name, from_status, to_status) IN ({_LEGAL}))",
            name="is_legal",
        ),
        CheckConstraint(f"length(note) BETWEEN 1 AND {LONGEST_NOTE}", name="note_length"),
        Index("ix_cases_moves_filed", "at", postgresql_where=sql("name = 'file'")),
        Index("ix_cases_moves_at", "at", "case_id", "seq"),
    )


class Photo(Base):
    """A photo from the moment somebody sent it; its bytes come later (`state`)."""

    __tablename__ = "cases_photos"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    # What it was sent with; the same sending twice is one photo.
    origin: Mapped[str] = mapped_column(unique=True)
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_citizens.id"))
    case_id: Mapped[int | None]
    move_seq: Mapped[int | None]
    purpose: Mapped[str]
    state: Mapped[str]
    blob_key: Mapped[str | None]
    thumb_key: Mapped[str | None]
    sha256: Mapped[str | None]  # of the stored bytes, hexadecimal
    width: Mapped[int | None]  # pixels
    height: Mapped[int | None]  # pixels
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "move_seq"], ["cases_moves.case_id", "cases_moves.seq"]),
        CheckConstraint("num_nulls(case_id, move_seq) IN (0, 2)", name="attached_wholly_or_not"),
        CheckConstraint("purpose IN ('report', 'disposal', 'check', 'verify')", name="purpose"),
        CheckConstraint("state IN ('pending', 'stored', 'refused', 'lost')", name="state"),
        CheckConstraint(
            "num_nulls(blob_key, thumb_key, sha256, width, height)"
            " = CASE WHEN state = 'stored' THEN 0 ELSE 5 END",
            name="stored_has_bytes",
        ),
        Index("ix_cases_photos_case_id_move_seq", "case_id", "move_seq"),
        Index("ix_cases_photos_citizen_id", "citizen_id"),
        Index("ix_cases_photos_loose", "received_at", postgresql_where=sql("case_id IS NULL")),
        Index("ix_cases_photos_blob_key", "blob_key"),
        Index("ix_cases_photos_thumb_key", "thumb_key"),
    )


class Addition(Base):
    """Words that a resident, or another system, added to a report. Appended, never changed."""

    __tablename__ = "cases_additions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_citizens.id"))
    said_by: Mapped[str | None]  # the other system's name
    text: Mapped[str]
    # Of the message that brought it: the same message again is one addition.
    request_key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"length(text) BETWEEN 1 AND {LONGEST_TEXT}", name="text_length"),
        CheckConstraint("num_nonnulls(citizen_id, said_by) = 1", name="somebody_said_it"),
        CheckConstraint("length(said_by) BETWEEN 1 AND 60", name="said_by_length"),
        Index("ix_cases_additions_case_id", "case_id"),
        Index("ix_cases_additions_citizen_id", "citizen_id"),
    )


class Recording(Base):
    """A voice message or short video from the moment it was sent; its bytes come later (`state`)."""

    __tablename__ = "cases_recordings"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    # What it was sent with; the same sending twice is one recording.
    origin: Mapped[str] = mapped_column(unique=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases_cases.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=sql("'pending'"))
    blob_key: Mapped[str | None]
    sha256: Mapped[str | None]  # of the stored bytes, hexadecimal
    size_bytes: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )

    __table_args__ = (
        CheckConstraint("kind IN ('voice', 'video')", name="kind"),
        CheckConstraint("state IN ('pending', 'stored', 'refused', 'lost')", name="state"),
        CheckConstraint(
            "num_nulls(blob_key, sha256, size_bytes) = CASE WHEN state = 'stored' THEN 0 ELSE 3 END",
            name="stored_has_bytes",
        ),
        Index("ix_cases_recordings_case_id", "case_id"),
        Index("ix_cases_recordings_loose", "received_at", postgresql_where=sql("case_id IS NULL")),
        Index("ix_cases_recordings_blob_key", "blob_key"),
        Index("ix_cases_recordings_citizen_id", "citizen_id"),
    )
