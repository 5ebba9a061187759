"""Bodies that solve problems: streets, towns, departments, companies."""

from sqlalchemy import CheckConstraint, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base


class Body(Base):
    """A responsible body (责任主体)."""

    __tablename__ = "territory_bodies"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (
        CheckConstraint(
            "kind IN ('street', 'town', 'business_area', 'department', 'company')", name="kind"
        ),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
    )
