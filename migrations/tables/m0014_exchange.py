"""Tables of migration 0014: what other systems are given and hand in. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_exchange_keys()
    create_exchange_media()
    create_exchange_meters()
    create_exchange_receipts()
    create_exchange_updates()


def create_exchange_keys() -> None:
    op.create_table(
        "exchange_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("per_minute", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cardinality(scopes) > 0 AND scopes <@ ARRAY['report', 'read', 'details', 'update']::varchar[]",
            name=op.f("ck_exchange_keys_scopes"),
        ),
        sa.CheckConstraint(
            "source IN ('open311', 'patrol', 'video', 'sensor', 'hotline')",
            name=op.f("ck_exchange_keys_source"),
        ),
        sa.CheckConstraint("length(key_hash) = 32", name=op.f("ck_exchange_keys_key_hash_length")),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_exchange_keys_name_length")
        ),
        sa.CheckConstraint(
            "per_minute BETWEEN 1 AND 100000", name=op.f("ck_exchange_keys_per_minute")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["accounts_staff.id"], name=op.f("fk_exchange_keys_made_by_accounts_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_exchange_keys_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_exchange_keys_name")),
    )


def create_exchange_media() -> None:
    op.create_table(
        "exchange_media",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'owed'"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("fault", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('owed', 'done', 'given_up')", name=op.f("ck_exchange_media_state")
        ),
        sa.CheckConstraint(
            "length(url) BETWEEN 1 AND 2000", name=op.f("ck_exchange_media_url_length")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_exchange_media_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["exchange_keys.id"], name=op.f("fk_exchange_media_key_id_exchange_keys")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_media")),
        sa.UniqueConstraint("case_id", "url", name=op.f("uq_exchange_media_case_id_url")),
    )
    op.create_index(
        "ix_exchange_media_due",
        "exchange_media",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'owed'"),
    )


def create_exchange_meters() -> None:
    op.create_table(
        "exchange_meters",
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["exchange_keys.id"], name=op.f("fk_exchange_meters_key_id_exchange_keys")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_exchange_meters")),
    )


def create_exchange_receipts() -> None:
    op.create_table(
        "exchange_receipts",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "length(fingerprint) = 32", name=op.f("ck_exchange_receipts_fingerprint_length")
        ),
        sa.CheckConstraint(
            "length(reference) BETWEEN 1 AND 200",
            name=op.f("ck_exchange_receipts_reference_length"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_exchange_receipts_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["exchange_keys.id"], name=op.f("fk_exchange_receipts_key_id_exchange_keys")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_exchange_receipts")),
        sa.UniqueConstraint(
            "key_id", "reference", name=op.f("uq_exchange_receipts_key_id_reference")
        ),
    )
    op.create_index(
        "ix_exchange_receipts_fingerprint",
        "exchange_receipts",
        ["key_id", "fingerprint", "at"],
        unique=False,
    )


def create_exchange_updates() -> None:
    op.create_table(
        "exchange_updates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "length(status) BETWEEN 1 AND 60", name=op.f("ck_exchange_updates_status_length")
        ),
        sa.CheckConstraint(
            "length(update_id) BETWEEN 1 AND 200", name=op.f("ck_exchange_updates_update_id_length")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_exchange_updates_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["exchange_keys.id"], name=op.f("fk_exchange_updates_key_id_exchange_keys")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_updates")),
        sa.UniqueConstraint(
            "key_id", "update_id", name=op.f("uq_exchange_updates_key_id_update_id")
        ),
    )
    op.create_index("ix_exchange_updates_case_id", "exchange_updates", ["case_id"], unique=False)


def drop() -> None:
    op.drop_table("exchange_updates")
    op.drop_table("exchange_receipts")
    op.drop_table("exchange_meters")
    op.drop_table("exchange_media")
    op.drop_table("exchange_keys")
