"""Outbound: the ledger of windows and consents, paused ways, receipts; notices know their way."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0007_outbound"
down_revision = "0006_talk"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def moment(name: str, *, default: bool = False, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=NOW if default else None,
        nullable=nullable,
    )


def citizen(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f(f"fk_{table}_citizen_id_accounts_citizens"),
        ),
    )


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def states(words: str) -> None:
    op.drop_constraint(op.f("ck_wechat_notices_state"), "wechat_notices", type_="check")
    op.create_check_constraint(
        op.f("ck_wechat_notices_state"), "wechat_notices", f"state IN ({words})"
    )


def upgrade() -> None:
    create_ledger()
    states("'owed', 'sent', 'parked', 'superseded', 'given_up'")
    op.add_column("wechat_notices", moment("claimed_until", nullable=True))
    for name in ("way", "msg_id"):
        op.add_column("wechat_notices", sa.Column(name, sa.String(), nullable=True))
    op.add_column(
        "wechat_notices",
        sa.Column("is_uncertain", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_wechat_notices_way"),
        "wechat_notices",
        "way IN ('text', 'subscription', 'template')",
    )
    op.create_index("ix_wechat_notices_state_id", "wechat_notices", ["state", "id"])
    op.create_index("ix_wechat_notices_created_at", "wechat_notices", ["created_at"])
    op.create_index("ix_wechat_notices_citizen_id", "wechat_notices", ["citizen_id"])
    op.create_index(
        "ix_wechat_notices_msg_id",
        "wechat_notices",
        ["msg_id"],
        postgresql_where=sa.text("msg_id IS NOT NULL"),
    )

    op.create_index(
        "ix_wechat_messages_age", "wechat_messages", ["received_at"], postgresql_using="brin"
    )
    op.create_index(
        "ix_wechat_talks_drafts",
        "wechat_talks",
        ["updated_at"],
        postgresql_where=sa.text("draft IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_photos_loose",
        "cases_photos",
        ["received_at"],
        postgresql_where=sa.text("case_id IS NULL"),
    )
    for name in ("blob_key", "thumb_key"):
        op.create_index(f"ix_cases_photos_{name}", "cases_photos", [name])
    op.create_index(
        "ix_cases_recordings_loose",
        "cases_recordings",
        ["received_at"],
        postgresql_where=sa.text("case_id IS NULL"),
    )
    op.create_index("ix_cases_recordings_blob_key", "cases_recordings", ["blob_key"])


def create_ledger() -> None:
    op.create_table(
        "wechat_windows",
        *citizen("wechat_windows"),
        sa.Column("kind", sa.String(), nullable=False),
        moment("opened_at"),
        moment("closes_at"),
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        check("wechat_windows", "kind", "kind IN ('message', 'click', 'follow', 'scan')"),
        check("wechat_windows", "used_within_room", "used BETWEEN 0 AND room"),
        check("wechat_windows", "closes_later", "opened_at < closes_at"),
        sa.PrimaryKeyConstraint("citizen_id", "kind", name=op.f("pk_wechat_windows")),
    )
    op.create_index("ix_wechat_windows_closes_at", "wechat_windows", ["closes_at"])
    op.create_table(
        "wechat_consents",
        *citizen("wechat_consents"),
        sa.Column("template_id", sa.String(), nullable=False),
        sa.Column("left_over", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        moment("changed_at", default=True),
        check("wechat_consents", "not_overdrawn", "left_over >= 0"),
        check("wechat_consents", "template_id_length", "length(template_id) BETWEEN 1 AND 128"),
        sa.PrimaryKeyConstraint("citizen_id", "template_id", name=op.f("pk_wechat_consents")),
    )
    op.create_table(
        "wechat_pauses",
        sa.Column("way", sa.String(), nullable=False),
        moment("until"),
        sa.Column("fault", sa.String(), nullable=False),
        check("wechat_pauses", "way", "way IN ('text', 'subscription', 'template')"),
        sa.PrimaryKeyConstraint("way", name=op.f("pk_wechat_pauses")),
    )
    op.create_table(
        "wechat_receipts",
        sa.Column("msg_id", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        moment("received_at", default=True),
        check("wechat_receipts", "msg_id_length", "length(msg_id) BETWEEN 1 AND 64"),
        sa.PrimaryKeyConstraint("msg_id", name=op.f("pk_wechat_receipts")),
    )
    op.create_index("ix_wechat_receipts_received_at", "wechat_receipts", ["received_at"])


def downgrade() -> None:
    for name in ("blob_key", "loose"):
        op.drop_index(f"ix_cases_recordings_{name}", table_name="cases_recordings")
    for name in ("thumb_key", "blob_key", "loose"):
        op.drop_index(f"ix_cases_photos_{name}", table_name="cases_photos")
    op.drop_index("ix_wechat_talks_drafts", table_name="wechat_talks")
    op.drop_index("ix_wechat_messages_age", table_name="wechat_messages")
    for name in ("msg_id", "citizen_id", "created_at", "state_id"):
        op.drop_index(f"ix_wechat_notices_{name}", table_name="wechat_notices")
    op.drop_constraint(op.f("ck_wechat_notices_way"), "wechat_notices", type_="check")
    for name in ("is_uncertain", "msg_id", "way", "claimed_until"):
        op.drop_column("wechat_notices", name)
    op.execute("UPDATE wechat_notices SET state = 'given_up' WHERE state = 'superseded'")
    states("'owed', 'sent', 'parked', 'given_up'")
    for table in ("wechat_receipts", "wechat_pauses", "wechat_consents", "wechat_windows"):
        op.drop_table(table)
