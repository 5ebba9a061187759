"""One readable log: a line an event, with the request it belongs to and without secrets."""

import logging
import re
import sys
from contextvars import ContextVar

# The id of the request or job at hand; web and jobs set it, every line carries it.
request_id: ContextVar[str] = ContextVar("request_id", default="-")

# name=value as in addresses and calls, "name": value as in JSON and dictionaries.
_SECRETS = re.compile(
    r"""(?i)((?:secret|token|ticket|signature|password|key|\bk)(?:=|["']:\s*))"""
    r"""(?:b?"[^"]*"|b?'[^']*'|[^&\s"',]+)"""
)
_PASSWORDS = re.compile(r"(://[^:/@\s]*:)[^@/\s]+@")  # of postgresql://user:password@host


class _Request(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class _Careful(logging.Formatter):
    """Blot out secrets that stand in a line, or in its traceback, beside their names."""

    def format(self, record: logging.LogRecord) -> str:
        return _PASSWORDS.sub(r"\1…@", _SECRETS.sub(r"\1…", super().format(record)))


def connect(level: str) -> None:
    """Send all log lines to standard output in one form."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Careful("%(levelname)-7s %(name)s [%(request_id)s] %(message)s"))
    handler.addFilter(_Request())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Their "info" is about themselves; what matters of it we log ourselves.
    for talkative in ("celery.worker.strategy", "celery.app.trace", "alembic", "PIL", "urllib3"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
