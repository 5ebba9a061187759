"""What stands around the register: print jobs of the desk, what people say of plates, check files."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import (
    CHECK_FILE,
    LONGEST_CHECK_FILE,
    LONGEST_REMARK,
    MOST_PRINTED,
    PrintState,
    Trouble,
)


class PrintJob(Base):
    """A batch that somebody at the desk asked for, from the wish to the released files.

    What is printed on the plates is fixed when it is asked for, so that a job that was interrupted
    makes the same file again.
    """

    __tablename__ = "qr_print_jobs"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    request_key: Mapped[str] = mapped_column(unique=True)
    layout: Mapped[str]
    plate_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    again_id: Mapped[int | None] = mapped_column(ForeignKey("qr_batches.id"))  # a batch, once more
    public_url: Mapped[str]
    district_name: Mapped[str]
    hotline: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="waiting")
    step: Mapped[str | None]  # in words, of who works on it
    done: Mapped[int] = mapped_column(server_default=sql("0"))  # plates, in this step
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    refusal: Mapped[str | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("qr_batches.id"))
    files: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint(f"state IN ({listed(PrintState)})", name="state"),
        CheckConstraint(
            f"cardinality(plate_ids) BETWEEN 1 AND {MOST_PRINTED}", name="has_some_plates"
        ),
        CheckConstraint(
            "(state = 'released') = (files IS NOT NULL AND batch_id IS NOT NULL)",
            name="released_has_files",
        ),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_says_why"),
        CheckConstraint(
            "(state IN ('released', 'refused')) = (ended_at IS NOT NULL)", name="ended_at_its_end"
        ),
        Index(
            "ix_qr_print_jobs_unfinished",
            "id",
            postgresql_where=sql("state IN ('waiting', 'working')"),
        ),
    )


class PlateReport(Base):
    """What people said is wrong with a plate: one line of a kind until somebody has looked."""

    __tablename__ = "qr_plate_reports"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("qr_codes.code"))
    trouble: Mapped[str]
    remark: Mapped[str | None]  # the last that was made
    times: Mapped[int] = mapped_column(server_default=sql("1"))
    last_key: Mapped[str]  # of the last form, which may be sent twice
    first_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))

    __table_args__ = (
        CheckConstraint(f"trouble IN ({listed(Trouble)})", name="trouble"),
        CheckConstraint(f"length(remark) BETWEEN 1 AND {LONGEST_REMARK}", name="remark_length"),
        CheckConstraint("times > 0", name="some"),
        CheckConstraint("(settled_at IS NULL) = (staff_id IS NULL)", name="settled_by_somebody"),
        Index("ix_qr_plate_reports_code", "code"),
        Index(
            "uq_qr_plate_reports_open",
            "code",
            "trouble",
            unique=True,
            postgresql_where=sql("settled_at IS NULL"),
        ),
    )


class CheckFile(Base):
    """A file by which a platform finds out that the address is ours: its name and its one line."""

    __tablename__ = "qr_check_files"

    name: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))

    __table_args__ = (
        CheckConstraint(f"name ~ '^{CHECK_FILE.pattern}$'", name="name"),
        CheckConstraint(
            f"octet_length(content) BETWEEN 1 AND {LONGEST_CHECK_FILE}", name="content_length"
        ),
    )
