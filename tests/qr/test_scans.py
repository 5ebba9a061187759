"""Scans are counted by sign, hour and kind of client, and by nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kernel import clock, database
from local.postgres import EmbeddedPostgres
from qr import demo, keeper, rules, scans, usage, weighing
from qr.keeper import Keeper
from qr.rules import Client, client_kind
from qr.scans import Counter
from tests import factories
from tests.qr.signs import ALIPAY, BROWSER, WECHAT, Planted, a_sign, scanned

# 2026-11-22 16:30 UTC is Monday, 00:30 in the city.
MIDNIGHT = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


@pytest.fixture
def sign(session: Session) -> Planted:
    return a_sign(session)


def counted(session: Session) -> dict[str, int]:
    rows = session.execute(text("SELECT client, sum(scans)::int FROM qr_scans GROUP BY client"))
    return dict(rows.all())


def test_a_scan_is_counted_by_what_opened_the_page(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    for agent in (WECHAT, WECHAT, ALIPAY, BROWSER, "curl/8", ""):
        client.get(f"/s/{sign.code}", headers={"User-Agent": agent})
    client.head(f"/s/{sign.code}", headers={"User-Agent": WECHAT})

    assert counted(session) == {"wechat": 2, "alipay": 1, "browser": 1, "bot": 2}


def test_nothing_about_anybody_is_stored(session: Session) -> None:
    columns = session.scalars(
        text(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name IN ('qr_scans', 'qr_unknown_scans', 'qr_alarms')"
        )
    ).all()
    assert set(columns) == {
        *("code", "day", "hour", "client", "scans", "minute"),
        *("id", "began_at", "last_at", "cleared_at", "staff_id"),
    }


def test_days_and_hours_are_the_citys(session: Session, sign: Planted) -> None:
    counter = Counter()
    counter.add(sign.code, Client.WECHAT, MIDNIGHT.timestamp())
    scans.write(session, counter.take())
    row = session.execute(text("SELECT day::text, hour, scans FROM qr_scans")).one()
    assert tuple(row) == ("2026-11-23", 0, 1)


def test_counting_from_many_threads_loses_nothing(session: Session, sign: Planted) -> None:
    counter = Counter()

    def count(_: int) -> None:
        for _ in range(500):
            counter.add(sign.code, Client.WECHAT, MIDNIGHT.timestamp())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    scans.write(session, counter.take())
    assert counted(session) == {"wechat": 4000}


def test_two_processes_add_up(postgres: EmbeddedPostgres) -> None:
    with factories.committing_sessions(postgres) as sessions:
        with sessions() as session:
            signs = [a_sign(session).code for _ in range(5)]

        def write(order: int) -> None:
            for _ in range(20):
                counter = Counter()
                for code in signs[::order]:
                    counter.add(code, Client.WECHAT, MIDNIGHT.timestamp())
                with sessions.begin() as session:
                    scans.write(session, counter.take())

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, (1, -1)))
        with sessions() as session:
            assert counted(session) == {"wechat": 200}


def test_what_could_not_be_written_waits(
    session: Session, sign: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Keeper(is_eager=True)
    kept.counter.add(sign.code, Client.WECHAT, MIDNIGHT.timestamp())

    def away(*_: object) -> None:
        raise OperationalError("", None, Exception("away"))

    with monkeypatch.context() as broken:
        broken.setattr(scans, "write", away)
        with pytest.raises(OperationalError):
            kept.flush()
    kept.counter.add(sign.code, Client.WECHAT, MIDNIGHT.timestamp())
    kept.flush()
    assert counted(session) == {"wechat": 2}


def test_a_keeper_at_work_follows_counts_and_writes_the_last_ones_when_it_stops(
    postgres: EmbeddedPostgres,
) -> None:
    kept, before = Keeper(pause_s=0.02), database._sessions
    with factories.committing_sessions(postgres) as sessions:
        database.use(sessions)
        try:
            with sessions() as session:
                first = a_sign(session).code
            assert first in kept.directory().signs
            with sessions() as session:
                second = a_sign(session).code
            deadline = clock.now() + timedelta(seconds=10)
            while kept.directory().get(second) is None:
                assert clock.now() < deadline
            kept.counter.add(second, Client.BROWSER, MIDNIGHT.timestamp())
            kept.stop()
            with sessions() as session:
                assert counted(session) == {"browser": 1}
        finally:
            kept.stop()
            if before:
                database.use(before)


def test_memory_has_an_end_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "_MOST_KEYS", 10)
    counter = Counter()
    for number in range(20):
        counter.add(f"{number}", Client.BOT, 0)
    counter.add("3", Client.BOT, 0)
    taken = counter.take()
    assert (len(taken), sum(taken.values())) == (10, 11)


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (WECHAT, Client.WECHAT),
        (ALIPAY, Client.ALIPAY),
        (BROWSER, Client.BROWSER),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", Client.BOT),
        ("Googlebot/2.1", Client.BOT),
        ("python-requests/2", Client.BOT),
        ("", Client.BOT),
        ("x" * 10_000, Client.BROWSER),
    ],
)
def test_a_client_is_one_of_four_kinds(agent: str, kind: Client) -> None:
    assert client_kind(agent) is kind


# -- figures -------------------------------------------------------------------------------


def test_a_busy_sign_that_falls_silent_is_noticed_and_a_quiet_one_is_not(session: Session) -> None:
    busy, quiet, fresh = (a_sign(session) for _ in range(3))
    for day in range(6, 27):
        scanned(session, busy.code, day, 5)
    scanned(session, quiet.code, 20, 2)
    scanned(session, fresh.code, 0, 3)
    weighing.weigh(session)

    assert [each.code for each in usage.silent(session)] == [busy.code]
    assert usage.silent(session)[0].habit_per_day == pytest.approx(5.0)
    assert next(each.code for each in usage.most_used(session)) == busy.code
    scanned(session, busy.code, 0, 1)
    weighing.weigh(session)
    assert usage.silent(session) == []


def test_signs_that_nobody_scans_are_counted(session: Session, sign: Planted) -> None:
    assert usage.never_used(session) == 1
    scanned(session, sign.code, 1, 1)
    weighing.weigh(session)
    assert usage.never_used(session) == 0


def test_heat_is_by_weekday_and_hour_and_programs_do_not_count(
    session: Session, sign: Planted
) -> None:
    scanned(session, sign.code, 7, 4, hour=8)
    session.execute(text("INSERT INTO qr_scans SELECT code, day, hour, 'bot', 99 FROM qr_scans"))
    weighing.weigh(session)
    weekday = (clock.city_day(clock.now()) - timedelta(days=7)).isoweekday()

    assert usage.heat(session) == {(weekday, 8): 4}
    today = clock.city_day(clock.now())
    assert usage.hours_of(session, [sign.code], today) == {(weekday, 8): 4}
    assert usage.clients_of(session, [sign.code], today) == {"wechat": 4, "bot": 99}


def test_old_counts_are_forgotten(session: Session, sign: Planted) -> None:
    scanned(session, sign.code, weighing.KEPT.days + 2, 1)
    scanned(session, sign.code, 1, 1)
    weighing.forget(session)
    assert counted(session) == {"wechat": 1}


@pytest.mark.parametrize(
    ("habit", "days", "is_silent"),
    [(5, 1, False), (5, 2.9, False), (5, 3, True), (1, 7, False), (1, 8, True), (0.1, 60, False)],
)
def test_silence_is_judged_by_habit(habit: float, days: float, *, is_silent: bool) -> None:
    assert rules.is_silent(habit, timedelta(days=days)) is is_silent


def test_demo_signs_are_the_same_at_every_run_and_marked(session: Session) -> None:
    assert demo.load(session, 60) == 60
    codes = session.scalars(text("SELECT code FROM qr_codes ORDER BY code")).all()
    assert len(codes) == 60
    assert demo.load(session, 60) == 0
    assert session.scalar(text("SELECT bool_and(is_demo) FROM qr_sites"))
    keeper.use(Keeper(is_eager=True))
    assert set(keeper.current().directory().signs) == set(codes)
    weighing.weigh(session)


def test_figures_for_prometheus(session: Session, sign: Planted) -> None:
    scanned(session, sign.code, 0, 7)
    assert scans.figures(session) == (7, 0, False)
