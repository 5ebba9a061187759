"""Signs: the place, the code that stands for it, the piece of metal, and what became of each.

- A **site** is a place; its content has a history (`qr_site_changes`, by trigger).
- A **code** is printed for ever: it is never deleted, never changed, never taken back into use
  after it was retired (triggers, which also look at its check character). It stands for one site at a time.
- A **plate** is a piece that carries a code. At most one of a code hangs, one is in the making.
  Its state is a foreign key to its last move, each move starts where the one before ended, and
  moves are appended: the history cannot disagree with the plate.
"""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import (
    BY_NOBODY,
    HANGING,
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_NUMBER,
    MAKING,
    MOVES,
    NUMBER,
    Client,
    PlateState,
    SiteKind,
)

_THIS_TRANSACTION = "(pg_current_xact_id())::text::bigint"


_LEGAL = ", ".join(sorted({f"('{m.name}', '{m.origin}', '{m.to}')" for m in MOVES if m.origin}))
_BEGINNINGS = ", ".join(sorted(f"('{m.name}', '{m.to}')" for m in MOVES if not m.origin))
_NEEDS = {
    need: listed(sorted({m.name for m in MOVES if need in m.needs}))
    for need in ("note", "photo", "site")
}


class Import(Base):
    """A file that was brought in."""

    __tablename__ = "qr_imports"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    file_name: Mapped[str]
    sha256: Mapped[str]
    datum: Mapped[str]
    added: Mapped[int]
    changed: Mapped[int]
    applied_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))


class Site(Base):
    """A place where a sign stands or will stand."""

    __tablename__ = "qr_sites"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # what people call the sign by: JB-0421
    name: Mapped[str]
    kind: Mapped[str]
    address: Mapped[str | None]
    latitude: Mapped[float]  # degrees, WGS-84
    longitude: Mapped[float]  # degrees, WGS-84
    cell: Mapped[str]  # geohash, 8 characters
    is_demo: Mapped[bool] = mapped_column(server_default=sql("false"))
    photo_key: Mapped[str | None]  # of the blob that everybody may see; no content of the history
    # What the desk's search looks for: letters and pairs of letters, set by trigger.
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("qr_imports.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    revision: Mapped[int] = mapped_column(server_default=sql("0"))  # set by trigger
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    # The transaction that wrote the row last, set by trigger: other processes follow it.
    changed_in: Mapped[int] = mapped_column(server_default=sql(_THIS_TRANSACTION))

    __table_args__ = (
        CheckConstraint(f"number ~ '^{NUMBER.pattern}$'", name="number"),
        CheckConstraint(f"length(number) <= {LONGEST_NUMBER}", name="number_length"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(f"length(address) BETWEEN 1 AND {LONGEST_ADDRESS}", name="address_length"),
        CheckConstraint(f"kind IN ({listed(SiteKind)})", name="kind"),
        CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="on_earth"
        ),
        CheckConstraint("length(cell) = 8", name="cell"),
        Index("ix_qr_sites_changed_in", "changed_in"),
        Index("ix_qr_sites_cell", "cell"),
        Index("ix_qr_sites_grams", "grams", postgresql_using="gin"),
        Index("ix_qr_sites_import_id", "import_id"),
    )


class SiteChange(Base):
    """What a site was before a change; the first one has nothing before it."""

    __tablename__ = "qr_site_changes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("qr_sites.id"))
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    import_id: Mapped[int | None] = mapped_column(ForeignKey("qr_imports.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    before: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        UniqueConstraint("site_id", "revision"),
        Index("ix_qr_site_changes_import_id", "import_id"),
    )


class Code(Base):
    """What is printed on a plate, and the site that it stands for."""

    __tablename__ = "qr_codes"

    code: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("qr_sites.id"))
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_in: Mapped[int] = mapped_column(server_default=sql(_THIS_TRANSACTION))

    __table_args__ = (
        CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{8}$'", name="code"),
        Index("ix_qr_codes_site_id", "site_id"),
        Index("ix_qr_codes_changed_in", "changed_in"),
    )


class Batch(Base):
    """Plates that were printed together."""

    __tablename__ = "qr_batches"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    layout: Mapped[str]
    plates: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))

    __table_args__ = (
        CheckConstraint("length(layout) BETWEEN 1 AND 40", name="layout_length"),
        CheckConstraint("plates > 0", name="has_plates"),
    )


class Plate(Base):
    __tablename__ = "qr_plates"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("qr_codes.code"))
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("qr_batches.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("qr_plates.id"), unique=True)
    # When somebody last stood before it and found it in order.
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"state IN ({listed(PlateState)})", name="state"),
        CheckConstraint("replaces_id <> id", name="replaces_another"),
        ForeignKeyConstraint(
            ["id", "version", "state"],
            ["qr_plate_moves.plate_id", "qr_plate_moves.seq", "qr_plate_moves.to_state"],
            name="fk_qr_plates_state_is_last_move",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(
            "uq_qr_plates_one_hangs",
            "code",
            unique=True,
            postgresql_where=sql(f"state IN ({listed(HANGING)})"),
        ),
        Index(
            "uq_qr_plates_one_in_the_making",
            "code",
            unique=True,
            postgresql_where=sql(f"state IN ({listed(MAKING)})"),
        ),
        Index("ix_qr_plates_code", "code"),
        Index("ix_qr_plates_state_id", "state", "id"),
        Index("ix_qr_plates_batch_id", "batch_id"),
    )


class PlateMove(Base):
    __tablename__ = "qr_plate_moves"

    plate_id: Mapped[int] = mapped_column(ForeignKey("qr_plates.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous_seq: Mapped[int | None] = mapped_column(
        Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True)
    )
    name: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    site_id: Mapped[int] = mapped_column(ForeignKey("qr_sites.id"))  # where, after the move
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    note: Mapped[str | None]
    photo_key: Mapped[str | None]  # of the blob
    request_key: Mapped[str | None] = mapped_column(unique=True)

    __table_args__ = (
        UniqueConstraint("plate_id", "seq", "to_state"),
        ForeignKeyConstraint(
            ["plate_id", "previous_seq", "from_state"],
            ["qr_plate_moves.plate_id", "qr_plate_moves.seq", "qr_plate_moves.to_state"],
            name="fk_qr_plate_moves_starts_where_the_last_ended",
        ),
        CheckConstraint(
            f"(seq = 1 AND from_state IS NULL AND (name, to_state) IN ({_BEGINNINGS}))"
            # Said, because a comparison with NULL would pass for legal.
            f" OR (seq > 1 AND from_state IS NOT NULL"
            f" AND (name, from_state, to_state) IN ({_LEGAL}))",
            name="is_legal",
        ),
        CheckConstraint(
            f"name IN ({listed(sorted(BY_NOBODY))}) OR staff_id IS NOT NULL", name="by_somebody"
        ),
        CheckConstraint(
            f"name NOT IN ({_NEEDS['photo']}) OR photo_key IS NOT NULL", name="shows_itself"
        ),
        CheckConstraint(f"name NOT IN ({_NEEDS['note']}) OR note IS NOT NULL", name="says_why"),
        CheckConstraint(f"length(note) BETWEEN 1 AND {LONGEST_NOTE}", name="note_length"),
    )


class Scans(Base):
    """How often a sign was opened: hours and days are the city's. Nobody's address, no name."""

    __tablename__ = "qr_scans"

    code: Mapped[str] = mapped_column(ForeignKey("qr_codes.code"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    client: Mapped[str] = mapped_column(primary_key=True)
    scans: Mapped[int]

    __table_args__ = (
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint(f"client IN ({listed(Client)})", name="client"),
        CheckConstraint("scans > 0", name="some"),
        Index("ix_qr_scans_day", "day"),
    )


class UnknownScans(Base):
    """How often a code was asked for that is none of ours, by the minute."""

    __tablename__ = "qr_unknown_scans"

    minute: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    scans: Mapped[int]

    __table_args__ = (CheckConstraint("scans > 0", name="some"),)


class Alarm(Base):
    """Somebody seems to guess codes; one alarm is open at a time."""

    __tablename__ = "qr_alarms"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    scans: Mapped[int]  # in the worst minutes
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))

    __table_args__ = (
        Index(
            "uq_qr_alarms_one_open",
            sql("(cleared_at IS NULL)"),
            unique=True,
            postgresql_where=sql("cleared_at IS NULL"),
        ),
    )


class FarReport(Base):
    """A report whose phone said that it was elsewhere: perhaps the sign was copied."""

    __tablename__ = "qr_far_reports"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("qr_codes.code"))
    report_no: Mapped[str] = mapped_column(unique=True)
    distance_m: Mapped[int]  # rounded to a hundred metres: where somebody was is not kept
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))  # who looked

    __table_args__ = (
        CheckConstraint("distance_m > 0", name="is_far"),
        CheckConstraint("(settled_at IS NULL) = (staff_id IS NULL)", name="settled_by_somebody"),
        Index("ix_qr_far_reports_code", "code"),
    )


class Usage(Base):
    """What the scans of the last weeks say of a code: made anew every hour."""

    __tablename__ = "qr_usage"

    code: Mapped[str] = mapped_column(ForeignKey("qr_codes.code"), primary_key=True)
    scans_7d: Mapped[int]
    scans_28d: Mapped[int]
    habit_per_day: Mapped[float]  # before it fell silent, without programs
    last_scan_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # to the hour
    is_silent: Mapped[bool]
    weighed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_qr_usage_scans_28d_code", "scans_28d", "code"),
        Index("ix_qr_usage_silent", "code", postgresql_where=sql("is_silent")),
    )


class Heat(Base):
    """Scans of all signs in the last weeks by weekday (1 Monday) and hour: made every hour."""

    __tablename__ = "qr_heat"

    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    scans: Mapped[int]
