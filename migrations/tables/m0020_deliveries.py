"""Tables of migration 0020: what other systems are owed, and what they say. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_exchange_handovers()
    create_exchange_hooks()
    create_exchange_words()
    create_exchange_messages()


def create_exchange_handovers() -> None:
    op.create_table(
        "exchange_handovers",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("status_name", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "handed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(number) BETWEEN 1 AND 200", name=op.f("ck_exchange_handovers_number_length")
        ),
        sa.CheckConstraint(
            "length(status_name) BETWEEN 1 AND 60",
            name=op.f("ck_exchange_handovers_status_name_length"),
        ),
        sa.CheckConstraint(
            "length(token) BETWEEN 1 AND 200", name=op.f("ck_exchange_handovers_token_length")
        ),
        sa.CheckConstraint(
            "num_nonnulls(number, token) >= 1", name=op.f("ck_exchange_handovers_is_named")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_exchange_handovers_case_id_cases_cases")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_exchange_handovers")),
    )
    op.create_index(
        "ix_exchange_handovers_asked_at",
        "exchange_handovers",
        [sa.literal_column("asked_at NULLS FIRST")],
        unique=False,
        postgresql_where=sa.text("status IS DISTINCT FROM 'ended'"),
    )
    op.create_index("ix_exchange_handovers_number", "exchange_handovers", ["number"], unique=False)


def create_exchange_hooks() -> None:
    op.create_table(
        "exchange_hooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "url ~ '^https?://' AND length(url) <= 2000", name=op.f("ck_exchange_hooks_url")
        ),
        sa.CheckConstraint(
            "cardinality(events) BETWEEN 1 AND 50", name=op.f("ck_exchange_hooks_events")
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_exchange_hooks_name_length")
        ),
        sa.CheckConstraint("length(salt) = 16", name=op.f("ck_exchange_hooks_salt_length")),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["accounts_staff.id"],
            name=op.f("fk_exchange_hooks_made_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_hooks")),
        sa.UniqueConstraint("name", name=op.f("uq_exchange_hooks_name")),
    )


def create_exchange_words() -> None:
    op.create_table(
        "exchange_words",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status_name", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "function IN ('TaskFeedBack', 'TaskRollBack', 'ApplyAccredit', 'StateDispatch', 'status')",
            name=op.f("ck_exchange_words_function"),
        ),
        sa.CheckConstraint(
            "length(fingerprint) = 32", name=op.f("ck_exchange_words_fingerprint_length")
        ),
        sa.CheckConstraint(
            "length(status_name) BETWEEN 1 AND 60",
            name=op.f("ck_exchange_words_status_name_length"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_exchange_words_case_id_cases_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_words")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_exchange_words_fingerprint")),
    )
    op.create_index("ix_exchange_words_case_id", "exchange_words", ["case_id"], unique=False)


def create_exchange_messages() -> None:
    op.create_table(
        "exchange_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("hook_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'owed'"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_fault", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'owed') = (settled_at IS NULL)", name=op.f("ck_exchange_messages_settled")
        ),
        sa.CheckConstraint(
            "state IN ('owed', 'sent', 'dead', 'dropped')", name=op.f("ck_exchange_messages_state")
        ),
        sa.CheckConstraint(
            "length(last_fault) BETWEEN 1 AND 200", name=op.f("ck_exchange_messages_fault_length")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_exchange_messages_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["hook_id"],
            ["exchange_hooks.id"],
            name=op.f("fk_exchange_messages_hook_id_exchange_hooks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_messages")),
        sa.UniqueConstraint(
            "hook_id",
            "case_id",
            "seq",
            name="uq_exchange_messages_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_exchange_messages_case_id", "exchange_messages", ["case_id"], unique=False)
    op.create_index(
        "ix_exchange_messages_due",
        "exchange_messages",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.create_index(
        "ix_exchange_messages_settled", "exchange_messages", ["settled_at"], unique=False
    )
    op.create_index(
        "ix_exchange_messages_state", "exchange_messages", ["state", "id"], unique=False
    )
    op.create_index(
        "ix_exchange_messages_waiting",
        "exchange_messages",
        ["case_id", "hook_id", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('owed', 'dead')"),
    )


def drop() -> None:
    op.drop_table("exchange_messages")
    op.drop_table("exchange_words")
    op.drop_table("exchange_hooks")
    op.drop_table("exchange_handovers")
