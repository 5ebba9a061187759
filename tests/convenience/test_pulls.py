"""Feeds that cannot push are fetched: little, seldom, from the public's addresses, and patiently."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import accounts
from convenience import feeds, fetching, pulls, tasks
from convenience.errors import BadFeed, FeedTaken, ForbiddenAddress, UnknownKey
from convenience.fetching import FetchFailed, fetch
from convenience.live_models import Pull
from convenience.models import Facility, Feed
from convenience.shapes import Shape
from kernel import calling, clock
from tests import factories
from tests.convenience.places import a_facility
from tests.pages import page_of, sign_in_as

pytestmark = pytest.mark.usefixtures("fresh")
FEEDS = "/console/facilities/feeds/"
SHAPE = Shape("lots", "no", "free", "at", "c-")


@dataclass
class City:
    """Somebody's server: what it answers, and what it was asked."""

    body: bytes = b'{"lots": []}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_slow: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def tells(self, **free: int) -> None:
        now = clock.now().isoformat()
        rows = [{"no": number, "free": count, "at": now} for number, count in free.items()]
        self.body = json.dumps({"lots": rows}).encode()


@pytest.fixture
def city() -> Iterator[City]:
    made = City()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append({"path": self.path, **self.headers})
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for at in range(0, len(made.body), 1 << 20):
                    self.wfile.write(made.body[at : at + (1 << 20)])
            except OSError:
                pass  # it was broken off: what is looked for
            if made.is_slow:
                self.rfile.read(1)  # until the other side hangs up

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        made.url = f"http://127.0.0.1:{server.server_port}/lots?city=1"
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def feed(session: Session, city: City) -> int:
    a_facility(session, kind="parking", code="c-1", source="city")
    a_facility(session, kind="parking", code="c-2", source="others", north_m=200)
    number = pulls.add_pull(
        session, name="停车平台", source="city", url=city.url, every_s=60, shape=SHAPE
    )
    session.commit()
    return number


def pull(session: Session, feed: int) -> Pull:
    """Fetch the feed, due or not, and return how it did."""
    session.execute(update(Pull).values(next_at=clock.now()))
    session.commit()
    tasks.pull(feed, is_private_allowed=True)
    session.expire_all()
    return session.get_one(Pull, feed)


def free(session: Session, code: str) -> int | None:
    session.expire_all()
    return session.scalars(select(Facility.free_spaces).where(Facility.code == code)).one()


def test_what_a_feed_tells_is_taken_for_its_own_car_parks_alone(
    session: Session, city: City, feed: int
) -> None:
    city.tells(**{"1": 7, "2": 8, "9": 1})
    done = pull(session, feed)
    assert (free(session, "c-1"), free(session, "c-2")) == (7, None)
    assert done.tally is not None
    assert (done.tally["taken"], done.tally["refused"]) == (1, 2)
    assert (done.failures, done.fault) == (0, None)
    assert city.asked[0]["path"] == "/lots?city=1"


def test_what_did_not_change_is_not_sent_again(session: Session, city: City, feed: int) -> None:
    city.tells(**{"1": 7})
    city.headers = {"ETag": '"v1"', "Last-Modified": "Sun, 22 Nov 2026 08:00:00 GMT"}
    pull(session, feed)
    city.status, city.body = 304, b""
    done = pull(session, feed)
    assert city.asked[1]["If-None-Match"] == '"v1"'
    assert city.asked[1]["If-Modified-Since"] == "Sun, 22 Nov 2026 08:00:00 GMT"
    assert (done.failures, done.fault) == (0, None)
    assert free(session, "c-1") == 7


def test_marks_of_an_answer_that_was_not_taken_are_not_kept(
    session: Session, city: City, feed: int
) -> None:
    city.headers = {"ETag": '"v1"'}
    assert pull(session, feed).fault == "列表是空的。"
    pull(session, feed)
    assert "If-None-Match" not in city.asked[1]


def test_after_each_failure_the_pause_doubles_up_to_an_hour(
    session: Session, city: City, feed: int
) -> None:
    city.status = 500
    pauses = []
    for _ in range(9):
        done = pull(session, feed)
        pauses.append(round((done.next_at - clock.now()).total_seconds() / 60))
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert done.fault == "对方答复 500，没有数据。"
    city.status = 200
    city.tells(**{"1": 3})
    done = pull(session, feed)
    assert (done.failures, done.fault) == (0, None)
    assert done.next_at - clock.now() <= timedelta(seconds=60)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"body": b"<html>"}, "不是 JSON"),
        ({"body": b"[" * 100_000}, "不是 JSON"),
        ({"body": b"null"}, "空的"),
        ({"body": b"{}"}, "没有找到列表"),
        ({"body": b'{"lots": [{"no": 3}, 4]}'}, "都用不上"),
        ({"body": b" " * (fetching.LARGEST + 1)}, "太大"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "地址换了"),
        ({"headers": {"Content-Encoding": "gzip"}}, "压缩"),
    ],
)
def test_an_answer_that_is_none_is_told_at_the_desk(
    session: Session, city: City, feed: int, changed: dict[str, object], said: str
) -> None:
    for name, value in changed.items():
        setattr(city, name, value)
    assert said in (pull(session, feed).fault or "")
    assert len(city.asked) == 1, "nothing is followed"


def test_who_never_ends_is_broken_off(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "READ_S", 0.2)
    city.headers, city.is_slow = {"Content-Length": "1000"}, True
    with pytest.raises(FetchFailed, match="没有按时应答"):
        fetch(city.url, is_private_allowed=True)


def test_a_feed_is_fetched_by_one_worker_when_it_is_due(
    session: Session, city: City, feed: int
) -> None:
    assert pulls.due(session) == [feed]
    assert pulls.claim(session, feed) is not None
    assert pulls.claim(session, feed) is None, "it is another's"
    assert pulls.due(session) == []
    session.execute(update(Pull).values(next_at=clock.now()))
    feeds.switch(session, feed, is_active=False)
    assert (pulls.due(session), pulls.claim(session, feed)) == ([], None)


def test_a_worker_that_dies_counts_as_a_failure(session: Session, feed: int) -> None:
    pulls.claim(session, feed)
    session.expire_all()
    left = session.get_one(Pull, feed)
    assert (left.failures, bool(left.fault)) == (1, True)
    assert left.next_at > clock.now()


# -- where it may not go -------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "file:///etc/passwd"])
def test_no_address_leads_inside(url: str) -> None:
    with pytest.raises(ForbiddenAddress, match="不能取"):
        fetch(url)


# -- at the desk ---------------------------------------------------------------------------


@pytest.fixture
def send(client: FlaskClient, session: Session) -> Callable[..., object]:
    sign_in_as(
        client, session, factories.a_member_of_staff(session, role=accounts.Role.DATA_EDITOR)
    )

    def post(address: str = FEEDS, **fields: object) -> object:
        token = page_of(client.get(FEEDS)).forms[0].fields["csrf_token"]
        return client.post(address, data={"csrf_token": token, **fields})

    return post


def test_a_key_is_shown_once_and_a_new_one_ends_it(
    send: Callable[..., object], client: FlaskClient, session: Session
) -> None:
    def key_of(response: object) -> str:
        text = response.get_data(as_text=True)  # type: ignore[attr-defined]  # the client's answer
        return str(text.split("<code>")[1].split("</code>")[0])

    first = key_of(send(way="push", name="平台", source="city"))
    assert first not in client.get(FEEDS).get_data(as_text=True)
    number = feeds.feed_of(session, first).id
    second = key_of(send(f"{FEEDS}{number}", move="key"))
    session.expire_all()
    assert feeds.feed_of(session, second).id == number
    for key, move in ((first, "open"), (second, "close")):
        send(f"{FEEDS}{number}", move=move)
        session.expire_all()
        with pytest.raises(UnknownKey):
            feeds.feed_of(session, key)


def test_a_fetched_feed_is_added_hurried_and_shows_its_fault(
    send: Callable[..., object], client: FlaskClient, session: Session
) -> None:
    given = {"way": "pull", "name": "平台", "source": "city", "url": "http://127.0.0.1:1/x",
             "every_s": "60", "rows": "lots", "code": "no", "free": "free"}  # fmt: skip
    assert send(**given).status_code == 303  # type: ignore[attr-defined]
    number = session.scalars(select(Feed.id)).one()
    tasks.pull(number, is_private_allowed=False)
    shown = page_of(client.get(FEEDS)).text
    assert "有问题" in shown
    assert "这个地址不能取" in shown
    assert send(f"{FEEDS}{number}", move="fetch").status_code == 303  # type: ignore[attr-defined]
    assert pulls.due(session) == [number]
    assert send(f"{FEEDS}{number}", move="key").status_code == 422  # type: ignore[attr-defined]


def test_what_cannot_be_is_refused_with_what_was_typed(
    send: Callable[..., object], session: Session
) -> None:
    good = {"way": "pull", "name": "平台", "source": "c", "url": "http://1.1.1.1/", "every_s": "60",
            "rows": "", "code": "no", "free": "n"}  # fmt: skip
    for wrong in (
        {"url": "file:///x"}, {"url": "http://1.1.1.1/" + "x" * 500}, {"source": ""}, {"name": ""},
        {"every_s": "1"}, {"every_s": "x"}, {"code": ""}, {"rows": "a..b"}, {"code_prefix": "p" * 101},
    ):  # fmt: skip
        response = send(**(good | wrong))
        assert response.status_code == 422, wrong  # type: ignore[attr-defined]
    assert session.scalar(select(Feed.id)) is None
    for address, move in ((f"{FEEDS}99", "close"), (f"{FEEDS}99", "fetch"), (f"{FEEDS}99", "x")):
        assert send(address, move=move).status_code == 422  # type: ignore[attr-defined]
    pulls.add_pull(session, name="平台", source="c", url="http://1.1.1.1/", every_s=60, shape=Shape("", "no", "n"))  # fmt: skip
    session.commit()
    assert send(**good).status_code == 409  # type: ignore[attr-defined]
    with pytest.raises(FeedTaken):
        feeds.add_feed(session, name="平台")
    with pytest.raises(BadFeed):
        feeds.switch(session, 99, is_active=True)
