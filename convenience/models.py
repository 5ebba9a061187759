"""Facilities, where they came from, how they changed, and what residents say of them.

The rules that matter are in the database (the migration holds the triggers):

- `revision` names the row of `convenience_changes` that made a facility what it is. A trigger gives
  each change of its content a new one and keeps the content from before, whoever makes the change.
- Undoing an import puts back content and `revision` of before: what an earlier import did can be
  undone next, and what was changed since cannot be overwritten unseen.
- Changes are appended; facilities are never deleted: `removed_at` is a tombstone that programs which
  copy our data can read.
- Free spaces, doubt and the marks of copying are no content: they neither make revisions nor
  stand in the way of an undo.
"""

from datetime import date, datetime

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    Text,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .live_models import ImportTask, Pull, Shown
from .rules import (
    CODE,
    KIND_CODE,
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_PHONE,
    LONGEST_TEXT,
    MOST_SPACES,
    Gender,
    Settled,
    Wrong,
)

# Tables of what is under way; here too, so that whoever asks for all models has them.
LIVE = (ImportTask, Pull, Shown)

REVISIONS = Sequence("convenience_revisions", metadata=Base.metadata)


def _length(column: str, longest: int) -> CheckConstraint:
    return CheckConstraint(f"length({column}) BETWEEN 1 AND {longest}", name=f"{column}_length")


class Kind(Base):
    """A kind of facility; operators add their own."""

    __tablename__ = "convenience_kinds"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    # Other words for the kind, in files and in what people type.
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    position: Mapped[int] = mapped_column(server_default=sql("100"))
    is_active: Mapped[bool] = mapped_column(server_default=sql("true"))
    is_rated: Mapped[bool] = mapped_column(server_default=sql("false"))

    __table_args__ = (
        CheckConstraint(f"code ~ '^{KIND_CODE.pattern}$'", name="code"),
        CheckConstraint("length(name) BETWEEN 1 AND 20", name="name_length"),
    )


class Facility(Base):
    __tablename__ = "convenience_facilities"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    # Known outside: other programs keep it, so it is never given to another place.
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(ForeignKey("convenience_kinds.code"))
    name: Mapped[str]
    street: Mapped[str | None]
    address: Mapped[str | None]
    latitude: Mapped[float]  # degrees, WGS-84
    longitude: Mapped[float]  # degrees, WGS-84
    cell: Mapped[str]  # geohash, 8 characters
    hours: Mapped[str | None]  # OSM opening_hours; unknown when empty
    hours_fault: Mapped[str | None]  # what was written instead and cannot be read
    fee: Mapped[str | None]  # in words: 首小时 5 元
    is_free: Mapped[bool | None]
    is_accessible: Mapped[bool | None]  # by wheelchair
    has_family_room: Mapped[bool | None]
    has_nursing_room: Mapped[bool | None]
    has_paper: Mapped[bool | None]
    is_indoor: Mapped[bool | None]
    gender: Mapped[str | None]
    phone: Mapped[str | None]
    keeper: Mapped[str | None]  # who looks after it
    capacity: Mapped[int | None]  # parking spaces, seats, bays
    photo_key: Mapped[str | None]  # of the blob
    verified_on: Mapped[date | None]  # somebody stood there and looked
    source: Mapped[str | None]  # the list that it came from
    is_demo: Mapped[bool] = mapped_column(server_default=sql("false"))
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    removal_reason: Mapped[str | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("convenience_imports.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))

    free_spaces: Mapped[int | None]
    free_spaces_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    is_doubtful: Mapped[bool] = mapped_column(server_default=sql("false"))

    revision: Mapped[int] = mapped_column(server_default=sql("0"))  # set by trigger
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    # The number of the transaction that wrote the row last, set by trigger (see following.py).
    changed_in: Mapped[int] = mapped_column(
        server_default=sql("(pg_current_xact_id())::text::bigint")
    )

    __table_args__ = (
        CheckConstraint(f"code ~ '^{CODE.pattern}$'", name="code"),
        _length("name", LONGEST_NAME),
        _length("street", LONGEST_TEXT),
        _length("address", LONGEST_ADDRESS),
        _length("hours", LONGEST_TEXT),
        _length("hours_fault", LONGEST_TEXT),
        _length("fee", LONGEST_TEXT),
        _length("phone", LONGEST_PHONE),
        _length("keeper", LONGEST_TEXT),
        _length("source", 64),
        _length("removal_reason", LONGEST_TEXT),
        CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude >= -180 AND longitude < 180",
            name="on_earth",
        ),
        CheckConstraint("length(cell) = 8", name="cell"),
        CheckConstraint("num_nonnulls(hours, hours_fault) < 2", name="hours_are_read_or_not"),
        CheckConstraint(f"gender IN ({listed(Gender)})", name="gender"),
        CheckConstraint(f"capacity BETWEEN 0 AND {MOST_SPACES}", name="capacity"),
        CheckConstraint(f"free_spaces BETWEEN 0 AND {MOST_SPACES}", name="free_spaces"),
        CheckConstraint(
            "num_nulls(free_spaces, free_spaces_at) IN (0, 2)", name="spaces_have_time"
        ),
        CheckConstraint(
            "removal_reason IS NULL OR removed_at IS NOT NULL", name="reason_of_a_removal"
        ),
        Index("ix_convenience_facilities_changed_in_id", "changed_in", "id"),
        Index("ix_convenience_facilities_kind_id", "kind", "id"),
        Index("ix_convenience_facilities_updated_at_id", "updated_at", "id"),
        Index(
            "ix_convenience_facilities_doubtful",
            "id",
            postgresql_where=sql("is_doubtful AND removed_at IS NULL"),
        ),
        Index(
            "ix_convenience_facilities_removed",
            "id",
            postgresql_where=sql("removed_at IS NOT NULL"),
        ),
    )


# What an undo puts back, and what a difference shows: all that is said of the place itself.
FACTS = (
    "kind",
    "name",
    "street",
    "address",
    "latitude",
    "longitude",
    "cell",
    "hours",
    "hours_fault",
    "fee",
    "is_free",
    "is_accessible",
    "has_family_room",
    "has_nursing_room",
    "has_paper",
    "is_indoor",
    "gender",
    "phone",
    "keeper",
    "capacity",
    "photo_key",
    "verified_on",
    "source",
    "is_demo",
    "removed_at",
    "removal_reason",
)
CONTENT = (*FACTS, "import_id", "staff_id")


class Change(Base):
    """How a facility came to what it is: written by a trigger, never by us.

    No foreign keys: the trigger takes the numbers from a row that has them, a million at a time.
    """

    __tablename__ = "convenience_changes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # the revision
    facility_id: Mapped[int]
    import_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    before: Mapped[dict[str, object] | None] = mapped_column(JSONB)  # nothing: it was added

    __table_args__ = (
        Index("ix_convenience_changes_facility_id_id", "facility_id", "id"),
        Index(
            "ix_convenience_changes_import_id",
            "import_id",
            postgresql_where=sql("import_id IS NOT NULL"),
        ),
    )


class Import(Base):
    """A file on its way in: received, checked (nothing written yet), applied, perhaps undone."""

    __tablename__ = "convenience_imports"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    state: Mapped[str]
    file_name: Mapped[str]
    file_key: Mapped[str | None]  # of the blob; a command's file stays where it is
    sha256: Mapped[str]
    mapping: Mapped[str | None]  # as TOML
    report: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    faults_key: Mapped[str | None]  # of the blob with the rows to correct
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))

    __table_args__ = (
        CheckConstraint("state IN ('received', 'checked', 'applied', 'undone')", name="state"),
        CheckConstraint(
            "(applied_at IS NOT NULL) = (state IN ('applied', 'undone'))", name="applied_has_time"
        ),
        CheckConstraint("(undone_at IS NOT NULL) = (state = 'undone')", name="undone_has_time"),
        CheckConstraint(
            "state = 'received' OR num_nulls(mapping, report) = 0", name="checked_has_report"
        ),
        _length("file_name", 200),
    )


class SavedMapping(Base):
    """A mapping that an operator made for files of one kind, beside those that are shipped."""

    __tablename__ = "convenience_mappings"

    name: Mapped[str] = mapped_column(primary_key=True)
    toml: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (_length("name", 60),)


_REPORTER = (
    "CASE WHEN citizen_id IS NULL THEN 'client:' || client_key"
    " ELSE 'citizen:' || citizen_id::text END"
)


class Correction(Base):
    """A resident says that an entry is wrong. One person's same word about it counts once."""

    __tablename__ = "convenience_corrections"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("convenience_facilities.id"))
    kind: Mapped[str]
    note: Mapped[str | None]
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_citizens.id"))
    client_key: Mapped[str | None]
    reporter: Mapped[str | None] = mapped_column(Computed(_REPORTER, persisted=True))
    state: Mapped[str] = mapped_column(server_default=sql("'open'"))
    reported_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    answer: Mapped[str | None]
    is_case: Mapped[bool] = mapped_column(server_default=sql("false"))  # handed to the case system

    __table_args__ = (
        CheckConstraint(f"kind IN ({listed(Wrong)})", name="kind"),
        CheckConstraint(f"state IN ({listed(Settled)})", name="state"),
        _length("note", LONGEST_NOTE),
        _length("answer", LONGEST_NOTE),
        CheckConstraint("num_nonnulls(citizen_id, client_key) > 0", name="somebody_says_so"),
        CheckConstraint("length(client_key) BETWEEN 8 AND 64", name="client_key_length"),
        CheckConstraint(
            "num_nulls(settled_at, settled_by) = CASE WHEN state = 'open' THEN 2 ELSE 0 END",
            name="settled_by_somebody",
        ),
        Index(
            "uq_convenience_corrections_open",
            "facility_id",
            "kind",
            "reporter",
            unique=True,
            postgresql_where=sql("state = 'open'"),
        ),
        Index("ix_convenience_corrections_reporter_reported_at", "reporter", "reported_at"),
        Index("ix_convenience_corrections_state_id", "state", "id"),
    )


class Rating(Base):
    """How many stars somebody gives a facility; his newest word counts."""

    __tablename__ = "convenience_ratings"

    facility_id: Mapped[int] = mapped_column(
        ForeignKey("convenience_facilities.id"), primary_key=True
    )
    reporter: Mapped[str] = mapped_column(primary_key=True)  # as in corrections
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_citizens.id"))
    stars: Mapped[int]
    rated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint(
            "CASE WHEN citizen_id IS NULL THEN reporter ~ '^client:.{8,64}$'"
            " ELSE reporter = 'citizen:' || citizen_id::text END",
            name="reporter",
        ),
        Index("ix_convenience_ratings_reporter_rated_at", "reporter", "rated_at"),
    )


class Feed(Base):
    """Somebody who tells how many spaces are free; his key is kept as a hash."""

    __tablename__ = "convenience_feeds"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str | None]  # only facilities of this source; none: of all
    key_hash: Mapped[bytes | None] = mapped_column(unique=True)  # SHA-256; none: it is fetched
    is_active: Mapped[bool] = mapped_column(server_default=sql("true"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        _length("name", 60),
        _length("source", 64),
        CheckConstraint("length(key_hash) = 32", name="key_hash_length"),
    )
