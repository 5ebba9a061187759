"""Every way in which the platform, or the way to it, can fail, and what is told of it.

K and S numbers are those of wechatpy's reproduced defects; each names the test that closes it.
"""

import gzip
import logging
import pickle
import re
import time
import traceback
from collections.abc import Callable, Iterator

import pytest

from tests.wechat.calling import OPENID, SECRET, SEND, client_of, failure_of, failure_of_sending
from tests.wechat.platform import OK, Asked, Platform, Wire, error, head, http, js
from wechat.client import (
    Client,
    MediaGone,
    Misconfigured,
    NotAFollower,
    PlatformBusy,
    PlatformError,
    QuotaReached,
    TemplateRefused,
    WindowClosed,
)

# -- what is answered -----------------------------------------------------------------------

KINDS = [
    (-1, PlatformBusy),  # K10
    (40001, Misconfigured),  # of the token: see below
    (40003, NotAFollower),
    (43004, NotAFollower),
    (40007, MediaGone),
    (45009, QuotaReached),
    (45011, QuotaReached),  # K10
    (45015, WindowClosed),
    (45047, WindowClosed),
    (40013, Misconfigured),
    (40037, TemplateRefused),
    (40125, Misconfigured),
    (40164, Misconfigured),
    (41001, Misconfigured),
    (48001, Misconfigured),
    (50002, Misconfigured),
    (61004, Misconfigured),
    (47003, TemplateRefused),
    (45002, PlatformError),
    (99999, PlatformError),
]


@pytest.mark.parametrize(("code", "kind"), [pair for pair in KINDS if pair[0] != 40001])
def test_an_error_is_sorted_by_what_to_do_about_it(
    platform: Platform, wechat: Client, code: int, kind: type[PlatformError]
) -> None:
    platform.always(SEND, error(code, "not today rid: 67a1b2c3-0d4e5f60-12345678"))
    failure = failure_of_sending(wechat)
    assert type(failure) is kind
    assert failure.errcode == code
    assert failure.rid == "67a1b2c3-0d4e5f60-12345678"
    assert failure.is_retryable is (kind in {PlatformBusy, QuotaReached})
    assert not failure.may_have_happened
    assert len(platform.calls(SEND)) == 1


@pytest.mark.parametrize(("code", "kind"), [pair for pair in KINDS if pair[0] != 40003])
def test_an_error_of_the_token_endpoint_is_an_ordinary_failure(
    platform: Platform, wechat: Client, code: int, kind: type[PlatformError]
) -> None:
    platform.always("stable_token", error(code))
    assert type(failure_of_sending(wechat)) is kind
    assert len(platform.calls("stable_token")) == 1


def test_the_day_and_the_minute_are_different_quotas() -> None:
    assert QuotaReached(45009).is_daily
    assert not QuotaReached(45011).is_daily


def test_an_error_may_lack_its_text_and_write_its_number_as_text(  # K9
    platform: Platform, wechat: Client
) -> None:
    platform.always(SEND, js(errcode="45015"))
    failure = failure_of_sending(wechat)
    assert isinstance(failure, WindowClosed)
    assert (failure.errcode, failure.errmsg, failure.rid) == (45015, "", "")


INCOHERENT = {
    "html": http(b"<html>502 Bad Gateway</html>", content_type="text/html"),
    "http 500": http(b"{}", status=500),
    "http 502": http(b'{"errcode":0}', status=502),
    "http 429": http(b"", status=429),
    "empty": http(b""),
    "truncated json": http(b'{"errcode":0,"errm'),
    "truncated body": http(b'{"errcode":0}', length=4000),
    "not utf-8": http(b'{"errcode":0,"errmsg":"\xc4\xe3\xba\xc3"}'),
    "a list": http(b"[0]"),
    "a number": http(b"0"),
    "deep": http(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "errcode null": js(errcode=None),
    "errcode words": js(errcode="none"),
    "errcode a list": js(errcode=[0]),
    "errcode huge": http(b'{"errcode":' + b"1" * 5000 + b"}"),
    "compressed unasked": http(
        gzip.compress(b'{"errcode":0}'), headers={"Content-Encoding": "gzip"}
    ),
    "too long": http(b'{"errcode":0,"errmsg":"' + b"x" * 1_100_000 + b'"}'),
    "not http": [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "closed": [],
    "half a head": [b"HTTP/1.1 200 OK\r\nContent-Le"],
    "odd length": http(b"{}", headers={"Content-Length": "many"}),
    "two lengths": http(b'{"errcode":0}', headers={"Content-Length": "5, 6"}),
    "broken chunks": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"],
    "a thousand headers": [b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n"],
}


@pytest.mark.parametrize("wire", [pytest.param(INCOHERENT[key], id=key) for key in INCOHERENT])
def test_an_incoherent_answer_may_be_asked_for_again(  # K9
    platform: Platform, wechat: Client, wire: list[bytes]
) -> None:
    platform.always(SEND, wire)
    failure = failure_of_sending(wechat)
    assert type(failure) is PlatformBusy
    assert failure.is_retryable
    assert failure.may_have_happened
    assert len(platform.calls(SEND)) == 1


ODD_TOKENS = {
    "none": js(),
    "empty": js(access_token="", expires_in=7200),
    "a number": js(access_token=7, expires_in=7200),
    "two lines": js(access_token="a\r\nHost: elsewhere", expires_in=7200),
    "very long": js(access_token="a" * 5000, expires_in=7200),
}


@pytest.mark.parametrize(
    "wire",
    [
        *(pytest.param(INCOHERENT[key], id=key) for key in ("html", "http 502", "truncated json")),
        *(pytest.param(ODD_TOKENS[key], id=key) for key in ODD_TOKENS),
    ],
)
def test_an_incoherent_answer_instead_of_a_token_is_an_ordinary_failure(  # K9
    platform: Platform, wechat: Client, wire: list[bytes]
) -> None:
    platform.always("stable_token", wire)
    failure = failure_of_sending(wechat)
    assert type(failure) is PlatformBusy
    assert not failure.may_have_happened
    assert platform.calls(SEND) == []


@pytest.mark.parametrize("written", ["7200", None, -5, 0, 10**12, "soon", [], {"s": 7200}])
def test_a_token_is_used_whatever_its_lifetime_looks_like(  # K9, K6
    platform: Platform, wechat: Client, written: object
) -> None:
    platform.always("stable_token", js(access_token="odd", expires_in=written))
    platform.always(SEND, OK)
    wechat.send_text(OPENID, "您好")
    wechat.send_text(OPENID, "您好")
    assert len(platform.calls("stable_token")) == 1


def test_a_message_is_sent_only_when_the_platform_says_so(
    platform: Platform, wechat: Client
) -> None:
    platform.always(SEND, js())
    assert isinstance(failure_of_sending(wechat), PlatformBusy)


def test_a_redirect_is_not_followed(platform: Platform, wechat: Client) -> None:
    elsewhere = {"Location": f"{platform.url}/cgi-bin/elsewhere"}
    platform.always(SEND, http(b"", status=302, headers=elsewhere))
    assert isinstance(failure_of_sending(wechat), Misconfigured)
    assert platform.calls("elsewhere") == []


@pytest.mark.parametrize(
    "opening",
    [
        pytest.param([], id="silence"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX: "], id="headers"),
        pytest.param([head("Content-Length: 900", ""), b"{"], id="body"),
        pytest.param([head("Transfer-Encoding: chunked", "")], id="chunks"),
        pytest.param([head("Connection: close", ""), b"{"], id="body without length"),
    ],
)
def test_an_answer_that_drips_is_given_up_in_time(
    platform: Platform, hasty: Client, opening: list[bytes]
) -> None:
    def drip(_: Asked) -> Iterator[bytes]:
        yield from opening
        yield from platform.drip(b"1\r\n \r\n" if b"chunked" in b"".join(opening) else b" ")

    platform.answers[SEND] = drip if opening else lambda _: platform.silence()
    started = time.monotonic()
    failure = failure_of_sending(hasty)
    assert time.monotonic() - started < 3
    assert type(failure) is PlatformBusy
    assert failure.may_have_happened


def test_a_platform_that_is_not_there_was_not_told(token_name: str) -> None:
    with Platform() as gone:
        wechat = client_of(gone.url, token_name)
        wechat.send_text(OPENID, "您好")
        wechat.close()
    failure = failure_of_sending(wechat)
    assert type(failure) is PlatformBusy
    assert not failure.may_have_happened
    wechat.close()


# -- secrets and the log --------------------------------------------------------------------

BETRAYALS: dict[str, Callable[[Platform, str], Wire]] = {
    "closed": lambda _platform, _known: [],
    "silent": lambda platform, _known: platform.silence(),
    "truncated": lambda _platform, _known: http(b"{}", length=99),
    "bad headers": lambda _platform, _known: [b"HTTP/1.1 200 OK\r\nno header\r\nX: y\r\n\r\n{}"],
    "echo": lambda _platform, known: error(40003, f"bad {known}, bad"),
    "echo, refused": lambda _platform, known: error(40001, f"not latest: {known}"),
    "http": lambda _platform, _known: http(b"", status=500),
    "redirect": lambda _platform, _known: http(b"", status=301, headers={"Location": "/"}),
}


@pytest.mark.parametrize("how", BETRAYALS)
@pytest.mark.parametrize("endpoint", ["stable_token", SEND, "media/get"])
def test_no_secret_is_in_an_exception_or_the_log(  # S5, S6
    platform: Platform, hasty: Client, caplog: pytest.LogCaptureFixture, how: str, endpoint: str
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.token = "99_ACCESS-TOKEN"
    known = SECRET if endpoint == "stable_token" else platform.token
    platform.answers[endpoint] = lambda _: BETRAYALS[how](platform, known)
    if endpoint == "media/get":
        failure = failure_of(lambda: hasty.fetch_media("m", limit=1000))
    else:
        failure = failure_of_sending(hasty)
    told = [
        str(failure),
        repr(failure),
        repr(vars(failure)),
        repr(pickle.dumps(failure)),
        *traceback.format_exception(failure),
        caplog.text,
    ]
    assert [text for text in told if SECRET in text or platform.token in text] == []
    assert failure.__context__ is None
    assert failure.__cause__ is None


def test_urllib3_may_quote_the_address_but_not_the_token(
    platform: Platform, wechat: Client, caplog: pytest.LogCaptureFixture
) -> None:
    platform.always(SEND, [b"HTTP/1.1 200 OK\r\nno header\r\nX: y\r\n\r\n{}"])
    failure_of_sending(wechat)
    assert "message/custom/send?access_token=…)" in caplog.text  # a warning that it does write
    assert platform.token not in caplog.text


def test_failures_survive_pickling(platform: Platform, wechat: Client) -> None:  # K9, S6
    platform.always(SEND, http(b"", status=502))
    failure = failure_of_sending(wechat)
    again = pickle.loads(pickle.dumps(failure))  # noqa: S301  # our own
    assert type(again) is PlatformBusy
    assert vars(again) == vars(failure)
    assert str(again) == "HTTP 502"


def test_a_client_is_not_pickled_and_does_not_show_its_secret(wechat: Client) -> None:  # S6
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(wechat)
    assert SECRET not in repr(wechat) + repr(vars(wechat)) + repr(vars(wechat._api))


def test_a_failed_call_is_one_line_in_the_log(
    platform: Platform, wechat: Client, caplog: pytest.LogCaptureFixture
) -> None:
    platform.always(SEND, error(45015, "out of time limit rid: 67a1b2c3-0d4e5f60-12345678"))
    failure_of_sending(wechat)
    (record,) = [record for record in caplog.records if record.name == "wechat.client"]
    assert record.levelname == "WARNING"
    assert re.fullmatch(
        r"message/custom/send failed: WindowClosed errcode=45015"
        r" rid=67a1b2c3-0d4e5f60-12345678 \d+ ms",
        record.getMessage(),
    )


def test_an_alarm_is_an_error_in_the_log(
    platform: Platform, wechat: Client, caplog: pytest.LogCaptureFixture
) -> None:
    platform.always("stable_token", error(40164, "invalid ip 203.0.113.7, not in whitelist"))
    failure_of_sending(wechat)
    (record,) = [record for record in caplog.records if record.name == "wechat.client"]
    assert record.levelname == "ERROR"
    assert record.getMessage().startswith("stable_token failed: Misconfigured errcode=40164 rid=-")


def test_a_call_that_works_is_silent(wechat: Client, caplog: pytest.LogCaptureFixture) -> None:
    wechat.send_text(OPENID, "您好")
    assert [record for record in caplog.records if record.name == "wechat.client"] == []
