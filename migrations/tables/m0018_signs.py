"""Tables and columns of migration 0018. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_print_jobs()
    create_plate_reports()
    create_check_files()
    op.add_column("qr_sites", sa.Column("photo_key", sa.String(), nullable=True))
    op.add_column(
        "qr_sites",
        sa.Column("grams", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index(
        "ix_qr_sites_grams", "qr_sites", ["grams"], unique=False, postgresql_using="gin"
    )
    op.add_column(
        "qr_far_reports", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("qr_far_reports", sa.Column("staff_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_qr_far_reports_staff_id_accounts_staff"),
        "qr_far_reports",
        "accounts_staff",
        ["staff_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_qr_far_reports_settled_by_somebody"),
        "qr_far_reports",
        "(settled_at IS NULL) = (staff_id IS NULL)",
    )


def drop() -> None:
    op.drop_constraint(
        op.f("ck_qr_far_reports_settled_by_somebody"), "qr_far_reports", type_="check"
    )
    op.drop_column("qr_far_reports", "staff_id")
    op.drop_column("qr_far_reports", "settled_at")
    op.drop_column("qr_sites", "grams")
    op.drop_column("qr_sites", "photo_key")
    for table in ("qr_check_files", "qr_plate_reports", "qr_print_jobs"):
        op.drop_table(table)


def _instant(name: str, *, is_now: bool = False, nullable: bool = False) -> sa.Column[object]:
    now = sa.text("now()") if is_now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=nullable)


def create_print_jobs() -> None:
    op.create_table(
        "qr_print_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("plate_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("again_id", sa.BigInteger(), nullable=True),
        sa.Column("public_url", sa.String(), nullable=False),
        sa.Column("district_name", sa.String(), nullable=False),
        sa.Column("hotline", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _instant("claimed_until", nullable=True),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("files", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        _instant("asked_at", is_now=True),
        _instant("ended_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'working', 'released', 'refused')",
            name=op.f("ck_qr_print_jobs_state"),
        ),
        sa.CheckConstraint(
            "cardinality(plate_ids) BETWEEN 1 AND 2500",
            name=op.f("ck_qr_print_jobs_has_some_plates"),
        ),
        sa.CheckConstraint(
            "(state = 'released') = (files IS NOT NULL AND batch_id IS NOT NULL)",
            name=op.f("ck_qr_print_jobs_released_has_files"),
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (refusal IS NOT NULL)",
            name=op.f("ck_qr_print_jobs_refused_says_why"),
        ),
        sa.CheckConstraint(
            "(state IN ('released', 'refused')) = (ended_at IS NOT NULL)",
            name=op.f("ck_qr_print_jobs_ended_at_its_end"),
        ),
        sa.ForeignKeyConstraint(
            ["again_id"], ["qr_batches.id"], name=op.f("fk_qr_print_jobs_again_id_qr_batches")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["qr_batches.id"], name=op.f("fk_qr_print_jobs_batch_id_qr_batches")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_qr_print_jobs_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_print_jobs")),
        sa.UniqueConstraint("request_key", name=op.f("uq_qr_print_jobs_request_key")),
    )
    op.create_index(
        "ix_qr_print_jobs_unfinished",
        "qr_print_jobs",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'working')"),
    )


def create_plate_reports() -> None:
    op.create_table(
        "qr_plate_reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=True),
        sa.Column("times", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("last_key", sa.String(), nullable=False),
        _instant("first_at", is_now=True),
        _instant("last_at", is_now=True),
        _instant("settled_at", nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "trouble IN ('damaged', 'covered', 'moved', 'tampered')",
            name=op.f("ck_qr_plate_reports_trouble"),
        ),
        sa.CheckConstraint(
            "length(remark) BETWEEN 1 AND 200", name=op.f("ck_qr_plate_reports_remark_length")
        ),
        sa.CheckConstraint("times > 0", name=op.f("ck_qr_plate_reports_some")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (staff_id IS NULL)",
            name=op.f("ck_qr_plate_reports_settled_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_plate_reports_code_qr_codes")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_qr_plate_reports_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_plate_reports")),
    )
    op.create_index("ix_qr_plate_reports_code", "qr_plate_reports", ["code"], unique=False)
    op.create_index(
        "uq_qr_plate_reports_open",
        "qr_plate_reports",
        ["code", "trouble"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def create_check_files() -> None:
    op.create_table(
        "qr_check_files",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        _instant("added_at", is_now=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            r"name ~ '^[A-Za-z0-9_-]{4,64}\.txt$'", name=op.f("ck_qr_check_files_name")
        ),
        sa.CheckConstraint(
            "octet_length(content) BETWEEN 1 AND 1024",
            name=op.f("ck_qr_check_files_content_length"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_qr_check_files_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_qr_check_files")),
    )
