"""One token for all processes, fetched once.

K numbers are those of wechatpy's reproduced defects; each names the test that closes it.
"""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import QueuePool

from kernel import clock, database
from wechat.tokens import Fetched, TokenSource, TokenUnavailable, WeChatToken, lifetime

ROOT = Path(__file__).parents[2]

Stand = Callable[[timedelta], None]


class Fetching:
    """A platform that numbers its tokens."""

    def __init__(self, *, lives_s: int = 7200) -> None:
        self.lives_s = lives_s
        self.count = 0
        self.forced = 0
        self.before: Callable[[], None] = lambda: None

    def __call__(self, *, is_forced: bool) -> Fetched:
        self.count += 1
        self.forced += is_forced
        answer = Fetched(f"token-{self.count}", self.lives_s)
        self.before()
        return answer


class CountedLock:
    """A lock that says how many have come to it."""

    def __init__(self) -> None:
        self.came = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.came += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Insisting(Fetching):
    """A platform that hands out the same token until it is forced to make another."""

    def __call__(self, *, is_forced: bool) -> Fetched:
        super().__call__(is_forced=is_forced)
        return Fetched(f"made-by-force-{self.forced}" if self.forced else "the-same", 7200)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Let the clock stand at an offset from the start of the test."""
    start = clock.now()

    def stand(offset: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: start + offset)

    stand(timedelta(0))
    return stand


def row(name: str) -> WeChatToken:
    with database.transaction() as session:
        return session.scalars(select(WeChatToken).where(WeChatToken.name == name)).one()


def hold_lease(name: str, until: datetime) -> None:
    with database.transaction() as session:
        session.add(WeChatToken(name=name, fetching_until=until))


def test_the_token_is_fetched_once_and_read_afterwards(token_name: str) -> None:  # K13
    fetching = Fetching()
    source = TokenSource(token_name)
    assert [source.token(fetching) for _ in range(3)] == ["token-1"] * 3
    assert fetching.count == 1


def test_a_token_that_another_process_fetched_is_used_at_once(token_name: str) -> None:  # K5
    fetching = Fetching()
    TokenSource(token_name).token(fetching)
    mine, other = TokenSource(token_name), TokenSource(token_name)
    assert mine.token(fetching) == "token-1"
    assert other.token(fetching, refused="token-1") == "token-2"
    assert mine.token(fetching) == "token-2"
    assert fetching.count == 2


def test_a_token_is_renewed_five_minutes_before_its_end(token_name: str, at: Stand) -> None:  # K6
    fetching = Fetching()
    TokenSource(token_name).token(fetching)
    at(timedelta(seconds=7200 - 301))
    assert TokenSource(token_name).token(fetching) == "token-1"
    at(timedelta(seconds=7200 - 300))
    assert TokenSource(token_name).token(fetching) == "token-2"


def test_a_refused_token_is_replaced_only_while_it_is_the_stored_one(token_name: str) -> None:
    fetching = Fetching()
    source = TokenSource(token_name)
    source.token(fetching)
    assert source.token(fetching, refused="token-1") == "token-2"
    assert source.token(fetching, refused="token-1") == "token-2"
    assert fetching.count == 2


def test_threads_that_meet_a_revoked_token_together_fetch_once(token_name: str) -> None:
    fetching = Fetching()
    source = TokenSource(token_name)
    source.token(fetching)
    start = threading.Barrier(8)

    def meet(_: int) -> str:
        start.wait()
        return source.token(fetching, refused="token-1")

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(meet, range(8))) == {"token-2"}
    assert fetching.count == 2


def test_a_failed_fetch_is_told_to_all_who_waited_and_tried_anew_by_the_next(
    token_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, fetching, lock = TokenSource(token_name), Fetching(), CountedLock()
    monkeypatch.setattr(source, "_turn", lock)

    def fail() -> None:
        wait_until(lambda: lock.came == 8)
        raise TimeoutError("no answer")

    def ask(_: int) -> str:
        try:
            return source.token(fetching)
        except TimeoutError as failure:
            return str(failure)

    fetching.before = fail
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == ["no answer"] * 8
    assert fetching.count == 1
    fetching.before = lambda: None
    assert source.token(fetching) == "token-2"


def test_no_connection_is_held_while_the_platform_thinks(token_name: str, engine: Engine) -> None:
    assert isinstance(engine.pool, QueuePool)
    fetching, held = Fetching(), [engine.pool.checkedout()]
    fetching.before = lambda: held.append(cast("QueuePool", engine.pool).checkedout())
    TokenSource(token_name).token(fetching)
    assert held == [0, 0]


def test_a_fetcher_that_is_killed_holds_up_the_others_no_longer_than_its_lease(
    token_name: str, database_url: str
) -> None:
    program = (
        "import sys\n"
        "from kernel import database\n"
        "from wechat.tokens import TokenSource\n"
        "def fetch(*, is_forced):\n"
        "    print('fetching', flush=True)\n"
        "    sys.stdin.readline()\n"
        "database.connect(sys.argv[1])\n"
        "TokenSource(sys.argv[2], lease_s=2.0).token(fetch)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, database_url, token_name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as fetcher:
        assert fetcher.stdout is not None
        assert fetcher.stdout.readline() == b"fetching\n"
        fetcher.kill()
    lease_ends = row(token_name).fetching_until
    assert lease_ends is not None
    assert clock.now() < lease_ends
    assert TokenSource(token_name, lease_s=2.0).token(Fetching()) == "token-1"
    assert clock.now() >= lease_ends


def test_a_fetcher_that_slept_through_its_lease_does_not_overwrite_its_successor(
    token_name: str, at: Stand
) -> None:
    late, successor = Fetching(), Fetching()
    successor.count = 100

    def sleep() -> None:
        at(timedelta(seconds=21))
        assert TokenSource(token_name).token(successor) == "token-101"

    late.before = sleep
    assert TokenSource(token_name).token(late) == "token-1"
    assert row(token_name).value == "token-101"


def test_nobody_waits_for_ever(token_name: str, at: Stand) -> None:
    hold_lease(token_name, clock.now() + timedelta(seconds=0.1))
    fetching = Fetching()
    with pytest.raises(TokenUnavailable):
        TokenSource(token_name, lease_s=0.1).token(
            fetching
        )  # the clock stands, and so does the lease
    assert fetching.count == 0


def test_a_lease_from_a_clock_gone_wrong_binds_nobody(token_name: str) -> None:
    hold_lease(token_name, clock.now() + timedelta(days=400))
    assert TokenSource(token_name).token(Fetching()) == "token-1"


def test_a_platform_that_hands_out_the_refused_token_is_made_to_replace_it(token_name: str) -> None:
    fetching = Insisting()
    source = TokenSource(token_name)
    assert source.token(fetching) == "the-same"
    assert source.token(fetching, refused="the-same") == "made-by-force-1"
    assert (fetching.count, fetching.forced) == (3, 1)


def test_the_platform_is_forced_at_most_every_two_hours(token_name: str, at: Stand) -> None:
    fetching = Insisting()
    source = TokenSource(token_name)
    source.token(fetching)
    refused = source.token(fetching, refused="the-same")
    at(timedelta(hours=1))
    assert source.token(fetching, refused=refused) == refused
    assert fetching.forced == 1
    at(timedelta(hours=2, seconds=1))
    assert source.token(fetching, refused=refused) == "made-by-force-2"


def test_an_error_of_the_database_does_not_quote_the_token(token_name: str) -> None:
    def fetch(*, is_forced: bool) -> Fetched:
        return Fetched("THE-TOKEN\0", 7200)  # PostgreSQL has no such text

    with pytest.raises(StatementError) as caught:
        TokenSource(token_name).token(fetch)
    assert "THE-TOKEN" not in f"{caught.value} {caught.value!r}"


def test_a_fetched_token_does_not_show_itself() -> None:
    assert "THE-TOKEN" not in repr(Fetched("THE-TOKEN", 7200))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (7200, 7200),
        (4000, 4000),
        ("7200", 7200),
        (" 4000 ", 4000),
        # Too short to be used at all, or no number: good for a minute before it is renewed.
        (345, 360),
        (0, 360),
        (-7200, 360),
        (None, 360),
        ("soon", 360),
        (True, 360),
        (1.5, 360),
        (float("nan"), 360),
        ([], 360),
        # Longer than a token lives.
        (86400, 7200),
        (10**17, 7200),
        ("9" * 400, 360),
    ],
)
def test_a_lifetime_is_sane_whatever_is_written(written: object, seconds: int) -> None:
    assert lifetime(written) == seconds


def wait_until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if is_so():
            return
        pause.wait(0.01)
    pytest.fail("it never came to this")
