"""The district's tree, bodies that solve problems, people who answer for a place, imports.

- A level's parent is of the level above: `parent_level` follows from `level`, and (parent, level)
  refers to it. An active area hangs on an active one, in the same way.
- Areas are retired, never deleted or renumbered (triggers in the migration): cases keep their codes.
"""

from datetime import datetime
from typing import Any

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import BODY_KINDS, LEVELS, LONGEST_DUTY, LONGEST_NAME, LONGEST_PHONE, MOST_SHAPE_BYTES

_KINDS = ", ".join(f"({level}, '{kind}')" for kind, level in LEVELS.items())


class Area(Base):
    """A node of the tree: district (1), street (2), community (3), grid cell (4)."""

    __tablename__ = "territory_areas"

    code: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    parent_code: Mapped[str | None]
    parent_level: Mapped[int | None] = mapped_column(
        Computed("CASE WHEN level > 1 THEN level - 1 END", persisted=True)
    )
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    needs_active_parent: Mapped[bool | None] = mapped_column(
        Computed("CASE WHEN is_active THEN true END", persisted=True)
    )
    # A MultiPolygon as WKB, degrees of (longitude, latitude) in WGS-84, and its box.
    shape: Mapped[bytes | None]
    west: Mapped[float | None]
    south: Mapped[float | None]
    east: Mapped[float | None]
    north: Mapped[float | None]
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint("code", "level"),
        UniqueConstraint("code", "level", "is_active"),
        ForeignKeyConstraint(
            ["parent_code", "parent_level"],
            ["territory_areas.code", "territory_areas.level"],
            name="fk_territory_areas_parent_is_one_level_up",
        ),
        ForeignKeyConstraint(
            ["parent_code", "parent_level", "needs_active_parent"],
            ["territory_areas.code", "territory_areas.level", "territory_areas.is_active"],
            name="fk_territory_areas_active_under_active",
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint(f"(level, kind) IN ({_KINDS})", name="kind_of_its_level"),
        CheckConstraint(
            "(level = 1) = (parent_code IS NULL)", name="all_but_the_root_have_a_parent"
        ),
        CheckConstraint(
            "code ~ CASE level WHEN 1 THEN '^[0-9]{6}$'"
            " WHEN 2 THEN '^[0-9]{6}([0-9]{3}|-[A-Z][0-9]{1,2})$'"
            " ELSE '^[0-9]{6}[0-9A-Z-]{3,18}$' END",
            name="code",
        ),
        CheckConstraint('"left"(code, 6) = "left"(parent_code, 6)', name="code_of_one_district"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(
            "num_nulls(shape, west, south, east, north) IN (0, 5)", name="shaped_wholly_or_not"
        ),
        CheckConstraint(
            "west < east AND south < north AND west >= -180 AND east <= 180"
            " AND south >= -90 AND north <= 90",
            name="on_earth",
        ),
        CheckConstraint(f"octet_length(shape) <= {MOST_SHAPE_BYTES}", name="shape_size"),
        Index("ix_territory_areas_parent_code", "parent_code"),
        Index(
            "ix_territory_areas_one_district",
            "level",
            unique=True,
            postgresql_where=text("is_active AND level = 1"),
        ),
        Index(
            "ix_territory_areas_box",
            text("box(point(east, north), point(west, south))"),
            postgresql_using="gist",
            postgresql_where=text("is_active"),
        ),
    )


class Body(Base):
    """A responsible body (责任主体)."""

    __tablename__ = "territory_bodies"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    area_code: Mapped[str | None] = mapped_column(ForeignKey("territory_areas.code"))

    __table_args__ = (
        CheckConstraint(f"kind IN ({listed(BODY_KINDS)})", name="kind"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        Index("ix_territory_bodies_area_code", "area_code"),
    )


class Person(Base):
    """Somebody who answers for an area (网格长, 网格员 …): personal data, for the desk only."""

    __tablename__ = "territory_people"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("territory_areas.code"))
    duty: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str | None]
    body_id: Mapped[int | None] = mapped_column(ForeignKey("territory_bodies.id"))

    __table_args__ = (
        UniqueConstraint("area_code", "duty", "name"),
        CheckConstraint(f"length(duty) BETWEEN 1 AND {LONGEST_DUTY}", name="duty_length"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(f"length(phone) BETWEEN 3 AND {LONGEST_PHONE}", name="phone_length"),
    )


class TerritoryImport(Base):
    """A file that was brought to the desk or imported: what it did, and who did it."""

    __tablename__ = "territory_imports"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    state: Mapped[str]
    file_name: Mapped[str]
    file_key: Mapped[str | None]  # of the blob; none for what a command imported
    sha256: Mapped[str]
    wish: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("state IN ('checked', 'applied')", name="state"),
        CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="applied_at"),
        CheckConstraint("length(file_name) BETWEEN 1 AND 200", name="file_name_length"),
    )
