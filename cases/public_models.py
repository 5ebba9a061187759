"""What everybody may see of the cases: counts of past days, and pairs of photos the desk released."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Identity, Index, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base


class DayCount(Base):
    """A past day's figures of one class ('' for none; each counted day has at least that row).

    Reported that day; closed that day, with their hours from report to closing summed up, and how
    many of them were solved within the promised time.
    """

    __tablename__ = "cases_day_counts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    class_code: Mapped[str] = mapped_column(primary_key=True)
    reported: Mapped[int] = mapped_column(server_default=sql("0"))
    closed: Mapped[int] = mapped_column(server_default=sql("0"))
    closed_hours: Mapped[float] = mapped_column(server_default=sql("0"))
    in_time: Mapped[int] = mapped_column(server_default=sql("0"))

    __table_args__ = (
        CheckConstraint("class_code ~ '^([CE][0-9]{4})?$'", name="class_code"),
        CheckConstraint("reported >= 0 AND closed >= 0 AND closed_hours >= 0", name="counts"),
        CheckConstraint("in_time BETWEEN 0 AND closed", name="in_time_is_closed"),
    )


class Release(Base):
    """The desk shows a closed case's photos to everybody, or no more. Appended, never changed."""

    __tablename__ = "cases_releases"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    before_photo_id: Mapped[int] = mapped_column(ForeignKey("cases_photos.id"))
    after_photo_id: Mapped[int] = mapped_column(ForeignKey("cases_photos.id"))
    is_shown: Mapped[bool]
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("before_photo_id <> after_photo_id", name="two_photos"),
        Index("ix_cases_releases_case_id_id", "case_id", "id"),
        Index("ix_cases_releases_before_photo_id", "before_photo_id"),
        Index("ix_cases_releases_after_photo_id", "after_photo_id"),
    )
