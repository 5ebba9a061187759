"""Residents' pages: what they choose about their data; public counts; released pairs of photos."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019_residents_pages"
down_revision = "0018_signs_desk"
branch_labels = None
depends_on = None

APPENDED = tuple(
    f"CREATE TRIGGER {table}_are_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    for table in ("accounts_choices", "cases_releases")
)


def upgrade() -> None:
    op.add_column("accounts_citizens", sa.Column("phone", sa.String(), nullable=True))
    op.add_column(
        "accounts_citizens",
        sa.Column("wants_notices", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_accounts_citizens_phone_length"),
        "accounts_citizens",
        "length(phone) BETWEEN 3 AND 32",
    )
    _choices()
    _day_counts()
    _releases()
    op.create_index(
        "ix_cases_facts_closed_at",
        "cases_facts",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    for law in APPENDED:
        op.execute(law)


def _choices() -> None:
    op.create_table(
        "accounts_choices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "about IN ('privacy', 'notices', 'phone', 'export', 'erasure')",
            name=op.f("ck_accounts_choices_about"),
        ),
        sa.CheckConstraint(
            "(about = 'privacy') = (version IS NOT NULL)",
            name=op.f("ck_accounts_choices_version_of_privacy"),
        ),
        sa.CheckConstraint(
            "length(version) BETWEEN 1 AND 20", name=op.f("ck_accounts_choices_version_length")
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_accounts_choices_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_choices")),
    )
    op.create_index(
        "ix_accounts_choices_citizen_id_id", "accounts_choices", ["citizen_id", "id"], unique=False
    )


def _day_counts() -> None:
    def count(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
        return sa.Column(name, kind, server_default=sa.text("0"), nullable=False)

    op.create_table(
        "cases_day_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("class_code", sa.String(), nullable=False),
        count("reported", sa.BigInteger()),
        count("closed", sa.BigInteger()),
        count("closed_hours", sa.Float()),
        count("in_time", sa.BigInteger()),
        sa.CheckConstraint(
            "class_code ~ '^([CE][0-9]{4})?$'", name=op.f("ck_cases_day_counts_class_code")
        ),
        sa.CheckConstraint(
            "reported >= 0 AND closed >= 0 AND closed_hours >= 0",
            name=op.f("ck_cases_day_counts_counts"),
        ),
        sa.CheckConstraint(
            "in_time BETWEEN 0 AND closed", name=op.f("ck_cases_day_counts_in_time_is_closed")
        ),
        sa.PrimaryKeyConstraint("day", "class_code", name=op.f("pk_cases_day_counts")),
    )


def _releases() -> None:
    op.create_table(
        "cases_releases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("before_photo_id", sa.BigInteger(), nullable=False),
        sa.Column("after_photo_id", sa.BigInteger(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "before_photo_id <> after_photo_id", name=op.f("ck_cases_releases_two_photos")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_cases_releases_{column}_{table}")
            )
            for column, table in (
                ("case_id", "cases_cases"),
                ("before_photo_id", "cases_photos"),
                ("after_photo_id", "cases_photos"),
                ("staff_id", "accounts_staff"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_releases")),
    )
    op.create_index(
        "ix_cases_releases_case_id_id", "cases_releases", ["case_id", "id"], unique=False
    )
    for column in ("before_photo_id", "after_photo_id"):
        op.create_index(f"ix_cases_releases_{column}", "cases_releases", [column], unique=False)


def downgrade() -> None:
    op.drop_index("ix_cases_facts_closed_at", "cases_facts")
    op.drop_table("cases_releases")
    op.drop_table("cases_day_counts")
    op.drop_table("accounts_choices")
    op.drop_column("accounts_citizens", "wants_notices")
    op.drop_column("accounts_citizens", "phone")
