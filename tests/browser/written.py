"""What stands in the database in Chinese: whatever else is Chinese on a page is the page's own."""

import re

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from cases.classes import classes

HAN = re.compile("[\u4e00-\u9fff]")
_OURS = "convenience_kinds"  # names of kinds are translated


def chinese_data(sessions: sessionmaker[Session]) -> set[str]:
    """Return all Chinese that people wrote, and names that stay as they are."""
    found = {each.name for each in classes().values()} | {
        "重庆市江北区",
        *("百姓城管", "进度", "使用完整服务"),  # to be found as they are written
    }

    def collect(value: object) -> None:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                collect(each)
        elif isinstance(value, str) and HAN.search(value):
            found.update({value, *value.splitlines()})

    with sessions() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        for table in set(tables) - {_OURS}:
            for row in session.scalars(text(f'SELECT to_jsonb(t) FROM "{table}" t')):  # noqa: S608  # the schema's own names
                collect(row)
    return found
