"""Tables of migration 0001: who speaks, the door's messages, responsible bodies. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_accounts_citizens()
    create_accounts_staff()
    create_territory_bodies()
    create_wechat_messages()
    create_wechat_tokens()
    create_accounts_staff_sessions()


def create_accounts_citizens() -> None:
    op.create_table(
        "accounts_citizens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("is_following", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("unfollowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(openid) BETWEEN 1 AND 64", name=op.f("ck_accounts_citizens_openid_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_citizens")),
        sa.UniqueConstraint("openid", name=op.f("uq_accounts_citizens_openid")),
    )


def create_accounts_staff() -> None:
    op.create_table(
        "accounts_staff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("wrong_passwords", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role IN ('administrator', 'acceptor', 'dispatcher')",
            name=op.f("ck_accounts_staff_role"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 40", name=op.f("ck_accounts_staff_name_length")
        ),
        sa.CheckConstraint(
            "username = lower(username)", name=op.f("ck_accounts_staff_username_lower")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_staff_username")),
    )


def create_territory_bodies() -> None:
    op.create_table(
        "territory_bodies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('street', 'town', 'business_area', 'department', 'company')",
            name=op.f("ck_territory_bodies_kind"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_territory_bodies_name_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_bodies")),
        sa.UniqueConstraint("code", name=op.f("uq_territory_bodies_code")),
        sa.UniqueConstraint("name", name=op.f("uq_territory_bodies_name")),
    )


def create_wechat_messages() -> None:
    op.create_table(
        "wechat_messages",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reply", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "reply IS NOT NULL OR state = 'deferred'", name=op.f("ck_wechat_messages_answered")
        ),
        sa.CheckConstraint(
            "state IN ('done', 'failed', 'deferred')", name=op.f("ck_wechat_messages_state")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wechat_messages")),
    )
    op.create_index(
        "ix_wechat_messages_not_done",
        "wechat_messages",
        ["state", "received_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(
        "ix_wechat_messages_with_raw",
        "wechat_messages",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("raw IS NOT NULL"),
    )


def create_wechat_tokens() -> None:
    op.create_table(
        "wechat_tokens",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetching_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(value IS NULL) = (fetched_at IS NULL) AND (value IS NULL) = (expires_at IS NULL)",
            name=op.f("ck_wechat_tokens_value_has_times"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_wechat_tokens")),
    )


def create_accounts_staff_sessions() -> None:
    op.create_table(
        "accounts_staff_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_accounts_staff_sessions_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_accounts_staff_sessions")),
    )
    op.create_index(
        "ix_accounts_staff_sessions_expires_at",
        "accounts_staff_sessions",
        ["expires_at"],
        unique=False,
    )
    op.create_index(
        "ix_accounts_staff_sessions_staff_id", "accounts_staff_sessions", ["staff_id"], unique=False
    )
