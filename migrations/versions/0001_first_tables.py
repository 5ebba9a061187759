"""The first tables: who speaks, the district's bodies, cases, the door.

The release before this one keeps running while this is applied: add first, remove in a later
release, and hold no lock for long.
"""

import sqlalchemy as sa
from alembic import op

from migrations.tables import m0001_cases, m0001_people_and_door

revision = "0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None


# Rows that are written once: whoever changes or deletes one is told so, also by hand in psql.
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""
MOVES_ARE_APPENDED = """
CREATE TRIGGER cases_moves_are_appended
BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_moves
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    m0001_people_and_door.create()
    m0001_cases.create()
    op.execute(REFUSE_CHANGE)
    op.execute(MOVES_ARE_APPENDED)


def downgrade() -> None:
    op.execute("DROP TRIGGER cases_moves_are_appended ON cases_moves")
    op.execute("DROP FUNCTION refuse_change()")
    op.drop_constraint("fk_cases_cases_status_is_last_move", "cases_cases", type_="foreignkey")
    op.drop_index(
        "ix_wechat_media_pending",
        table_name="wechat_media",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_table("wechat_media")
    op.drop_index("ix_cases_photos_citizen_id", table_name="cases_photos")
    op.drop_index("ix_cases_photos_case_id_move_seq", table_name="cases_photos")
    op.drop_table("cases_photos")
    op.drop_table("cases_moves")
    op.drop_table("wechat_talks")
    op.drop_index(
        "ix_wechat_notices_topic_unsent",
        table_name="wechat_notices",
        postgresql_where=sa.text("state IN ('owed', 'parked')"),
    )
    op.drop_index(
        "ix_wechat_notices_owed",
        table_name="wechat_notices",
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.drop_index(
        "ix_wechat_notices_citizen_parked",
        table_name="wechat_notices",
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.drop_table("wechat_notices")
    op.drop_index("ix_cases_cases_status_id", table_name="cases_cases")
    op.drop_index("ix_cases_cases_citizen_id_id", table_name="cases_cases")
    op.drop_index("ix_cases_cases_body_id", table_name="cases_cases")
    op.drop_table("cases_cases")
    op.drop_index("ix_accounts_staff_sessions_staff_id", table_name="accounts_staff_sessions")
    op.drop_index("ix_accounts_staff_sessions_expires_at", table_name="accounts_staff_sessions")
    op.drop_table("accounts_staff_sessions")
    op.drop_table("wechat_tokens")
    op.drop_index(
        "ix_wechat_messages_with_raw",
        table_name="wechat_messages",
        postgresql_where=sa.text("raw IS NOT NULL"),
    )
    op.drop_index(
        "ix_wechat_messages_not_done",
        table_name="wechat_messages",
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.drop_table("wechat_messages")
    op.drop_table("territory_bodies")
    op.drop_table("accounts_staff")
    op.drop_table("accounts_citizens")
