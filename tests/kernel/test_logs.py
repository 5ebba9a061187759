"""The log: one form, the request's id, and no secrets, wherever they stand."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from kernel import logs

SECRET = "Zx9-secret.VALUE_42"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Connect the log to a buffer, and everything back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    logs.connect("INFO")
    # What an earlier test's request left in this thread is not ours.
    before = logs.request_id.set("-")
    yield written
    logs.request_id.reset(before)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_says_who_speaks_and_for_which_request(log: io.StringIO) -> None:
    token = logs.request_id.set("r-123")
    try:
        logging.getLogger("cases").warning("photo %s lost", 7)
    finally:
        logs.request_id.reset(token)

    assert log.getvalue() == "WARNING cases [r-123] photo 7 lost\n"


def test_outside_a_request_there_is_a_dash(log: io.StringIO) -> None:
    logging.getLogger("cases").info("started")

    assert "[-]" in log.getvalue()


def test_connecting_twice_does_not_double_the_lines(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", log)
    logs.connect("INFO")
    logging.getLogger("cases").info("once")

    assert log.getvalue().count("once") == 1


def test_what_others_say_about_themselves_is_left_out(log: io.StringIO) -> None:
    for name in ("celery.app.trace", "urllib3.connectionpool", "alembic.runtime.migration"):
        logging.getLogger(name).info("about myself")

    assert log.getvalue() == ""


@pytest.mark.parametrize(
    "line",
    [
        "GET https://api.weixin.qq.com/cgi-bin/token?appid=wx1&secret={}",
        "GET https://api.weixin.qq.com/cgi-bin/media/get?access_token={}&media_id=7",
        "GET /reports/JB261122-4839207?k={}",
        "GET /wechat?signature={}&timestamp=1",
        "GET /wechat?timestamp=1&msg_signature={}&nonce=2",
        "BAIXING_WECHAT_AES_KEY={}",
        "BAIXING_WECHAT_APP_SECRET={}",
        "wechat_token='{}'",
        'sign_in(username="li.na", password="{}")',
        "create_staff(password='{} with more')",
        "{{'appid': 'wx1', 'secret': '{}'}}",
        '{{"access_token":"{}","expires_in":7200}}',
        '{{"aes_key": "{}"}}',
        "aes_key=b'{}'",
        "ticket={}, then more",
        "TOKEN={}",
        "cannot connect to postgresql+psycopg://baixing:{}@db/baixing",
        "amqp://:{}@queue//",
    ],
)
def test_a_secret_beside_its_name_is_blotted_out(log: io.StringIO, line: str) -> None:
    logging.getLogger("wechat").info("%s", line.format(SECRET))

    assert SECRET not in log.getvalue()
    assert "…" in log.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "case JB261122-4839207 filed by li.na",
        "http://127.0.0.1:8000/reports",
        "platform error 40001: invalid credential, access_token is invalid or not latest",
        "Key (report_no)=(JB261122-4839207) already exists.",
        "KeyError: 'report_no'",
        "delivery refused: bad_signature",
        "postgresql+psycopg://postgres@/baixing?host=%2Ftmp%2Fpg",
    ],
)
def test_what_is_no_secret_stays_readable(log: io.StringIO, line: str) -> None:
    logging.getLogger("wechat").info("%s", line)

    assert line in log.getvalue()


def test_a_traceback_is_blotted_out_too(log: io.StringIO) -> None:
    def fetch() -> None:
        raise ConnectionError(f"GET https://api.example/token?secret={SECRET}")

    def work() -> None:
        try:
            fetch()
        except ConnectionError as cause:
            raise RuntimeError(f"access_token={SECRET}") from cause

    try:
        work()
    except RuntimeError:
        logging.getLogger("wechat").exception("fetching failed")

    assert "Traceback" in log.getvalue()
    assert "RuntimeError" in log.getvalue()
    assert log.getvalue().count(SECRET) == 0


def test_a_very_long_line_does_not_stop_the_service(log: io.StringIO) -> None:
    logging.getLogger("wechat").info("%s", "keytokensecret" * 100_000 + "password" * 100_000)

    assert len(log.getvalue()) > 1_000_000
