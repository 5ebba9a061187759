"""A real Chromium before the real application, on a database of its own whose commits are real."""

import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import WSGIRequestHandler, make_server

import accounts
import cases
import convenience
import territory
from accounts.access import COOKIE
from app import create_app
from cases import editing
from cases.matching import Line
from cases.rules import Status
from convenience import feeds, following, pulls
from convenience.cards import CARDS
from convenience.errors import BadFeed
from convenience.models import Facility, Import
from convenience.shapes import Shape
from kernel import blobs, clock, database
from local.bootstrap import AXE, BROWSERS, STYLES
from local.postgres import EmbeddedPostgres
from qr import keeper, plate_talk, print_jobs, service, weighing
from qr.rules import Trouble
from qr.service import Deed
from tests import factories
from tests.browser import points_pages
from tests.cases.booking import in_force
from tests.conftest import make_settings
from tests.convenience.files import table, ten_rows
from tests.convenience.places import HERE, a_facility
from tests.qr.signs import Planted, a_sign, scanned
from tests.territory.grounds import collection, feature, planted

PHONE = (375, 812)
DESKTOP = (1280, 900)
USERNAME, PASSWORD = "chen.min", "correct-horse-battery"


class Quiet(WSGIRequestHandler):
    """Says nothing of each request: the tests' own words would drown."""

    def log_request(self, *_: object) -> None:
        pass


@dataclass
class House:
    """The running service, and what is in it."""

    url: str
    app: Flask
    sessions: sessionmaker[Session]
    staff_id: int = 0
    body_id: int = 0
    import_id: int = 0
    territory_import: int = 0
    rule_book: int = 0
    by_status: dict[Status, cases.Reported] = field(default_factory=dict)
    unready: cases.Reported | None = None
    mall: points_pages.Mall | None = None
    signs: dict[str, Planted] = field(default_factory=dict)
    print_job: int = 0
    at_a_sign: cases.Reported | None = None

    def new_case(self, status: Status = Status.REPORTED) -> cases.Reported:
        """Make a case with two photos, moved to the status."""
        with self.sessions.begin() as session:
            citizen = factories.a_citizen(session)
            photos = tuple(factories.a_photo(session, citizen) for _ in range(2))
            made = factories.a_report(session, citizen_id=citizen, photo_ids=photos)
            for name in factories.ROADS[status]:
                factories.move_on(
                    session, made.case_id, name, staff_id=self.staff_id, body_id=self.body_id
                )
        return made

    def case(self, made: cases.Reported) -> cases.CaseFile:
        with self.sessions() as session:
            return cases.case_file(session, made.case_id)


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = chromium_path()
    if found is None:
        pytest.skip("no Chromium on this machine, and it may not be installed here")
    for path in (AXE, *STYLES):
        assert path.exists(), f"{path.name} is missing: run `make test`, which fetches it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def house(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(postgres, tmp_path_factory.mktemp("blobs")) as opened:
        yield opened


@contextmanager
def open_house(postgres: EmbeddedPostgres, blob_dir: Path) -> Iterator[House]:
    """Run the service, furnished with something in every state that pages show."""
    with (
        factories.throwaway_database(postgres) as url,
        closing(socket.create_server(("127.0.0.1", 0))) as door,
    ):
        port = door.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        app = create_app(make_settings(url, blob_dir, public_url=address))
        server = make_server(
            "127.0.0.1", port, app, threaded=True, request_handler=Quiet, fd=door.fileno()
        )
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        sessions = database._sessions
        assert sessions
        kept, follower = following._source, following.Follower()
        following.use(follower)  # the other would still follow another database
        tended, tending = keeper._keeper, keeper.Keeper()
        keeper.use(tending)
        try:
            yield _furnished(House(address, app, sessions))
        finally:
            server.shutdown()
            serving.join()
            server.server_close()
            # Only now: a late request would start the other ones on this database.
            following.use(kept)
            follower.stop()
            keeper.use(tended)
            tending.stop()
            sessions.kw["bind"].dispose()


def _furnished(house: House) -> House:
    with house.sessions.begin() as session:
        house.staff_id = accounts.create_staff(
            session,
            username=USERNAME,
            name="陈敏",
            password=PASSWORD,
            role=accounts.Role.ADMINISTRATOR,
        )
        house.body_id = factories.a_body(session, "区市政设施管理所")
        citizen = factories.a_citizen(session)
        pending, lost = (factories.a_photo(session, citizen, is_stored=False) for _ in range(2))
        cases.give_up_photo(session, photo_id=lost, state="lost")
        house.unready = factories.a_report(
            session, citizen_id=citizen, photo_ids=(pending, lost), text=None
        )
    with house.sessions.begin() as session:
        house.territory_import, house.rule_book = _furnish_territory(session, house)
    house.by_status = {status: house.new_case(status) for status in Status}
    house.mall = points_pages.furnish(house.sessions, house.staff_id)
    with house.sessions() as session:
        _furnish_streets(session)
        _furnish_signs(session, house)
        house.import_id = _furnish_desk(session, house.staff_id)
    CARDS.forget()
    return house


def _furnish_feeds(session: Session) -> None:
    """Add somebody who pushes, and one who is fetched in vain."""
    feeds.add_feed(session, name="停车平台", source="census")
    number = pulls.add_pull(
        session,
        name="商场停车场",
        source="mall",
        url="https://city.example/lots",
        every_s=60,
        shape=Shape("lots", "no", "free"),
    )
    pulls.claim(session, number)
    pulls.fail(session, number, BadFeed("对方答复 500，没有数据。"))


def _furnish_territory(session: Session, house: House) -> tuple[int, int]:
    """Add a small district, a file to be confirmed, rules (one of them broken) and a draft."""
    planted(session)
    closed = factories.a_body(session, "已经撤销的管理所")
    book = in_force(session, Line(0, house.body_id), Line(0, closed, "C01", "500105001"))
    editing.begin_draft(session, house.staff_id)
    territory.set_body_active(session, closed, is_active=False)
    found = territory.read(collection(feature("5", "district")))
    record = territory.TerritoryImport(
        state="checked",
        file_name="网格.geojson",
        sha256="0" * 64,
        wish={},
        report=territory.check_import(session, found).as_json(),
        staff_id=house.staff_id,
    )
    session.add(record)
    session.flush()
    return record.id, book


def _furnish_desk(session: Session, staff_id: int) -> int:
    """Add a list that waits to be checked, and a resident's word."""
    data = table(ten_rows())
    made = Import(
        state="received",
        file_name="公厕.csv",
        file_key=blobs.store().put(data, "list"),
        sha256="0" * 64,
        staff_id=staff_id,
    )
    session.add(made)
    _furnish_feeds(session)
    facility = session.scalars(select(Facility.id).where(Facility.code == "whole")).one()
    convenience.report_wrong(
        session, facility_id=facility, kind="closed", note="门锁着", client_key="client-0001"
    )
    session.commit()
    return made.id


def _furnish_streets(session: Session) -> None:
    """Add facilities in all the states that pages show."""
    for number in range(12):
        a_facility(
            session,
            f"观音桥步行街{number}号公厕",
            north_m=60.0 * number - 200,
            longitude=HERE[1] + 0.002 * (number % 4 - 1),
            street=f"观音桥步行{number % 5}街",
            hours=("24/7", "Mo-Su 08:00-22:00", "Jan 1 off", None)[number % 4],
            is_free=(True, False, None)[number % 3],
            is_accessible=(True, False, None)[number % 3],
            is_doubtful=number == 3,
        )
    a_facility(
        session,
        "什么都有的公厕" * 7,
        code="whole",
        north_m=30,
        hours="Mo-Fr 08:00-18:00; Sa 09:00-12:00; PH off",
        address="观音桥步行街" * 12,
        phone="023-67850000",
        keeper="江北区环卫所",
        gender="both",
        is_doubtful=True,
        is_demo=True,
        verified_on=clock.city_day(clock.now()),
    )
    a_facility(
        session, "拆掉的公厕", code="gone", removed_at=clock.now(), removal_reason="道路改造"
    )
    a_facility(
        session,
        "北城天街停车场",
        kind="parking",
        hours="24/7",
        fee="首小时 5 元，之后每小时 2 元",
        is_free=False,
        capacity=200,
        free_spaces=12,
        free_spaces_at=clock.now(),
    )


def _furnish_signs(session: Session, house: House) -> None:
    """Add signs in the states that pages show."""
    house.signs = {
        "hanging": a_sign(session),
        "planned": a_sign(session, "很长很长的路口名字" * 6, north_m=200, begins="plan"),
        "damaged": a_sign(session, "鸿恩寺公园南门", north_m=400),
        "retired": a_sign(session, "拆掉的路口", north_m=50),
    }
    for sign, name in (("damaged", "damage"), ("retired", "retire")):
        service.move(
            session,
            house.signs[sign].plate_id,
            Deed(
                name=name,
                staff_id=house.staff_id,
                request_key=factories.key(),
                seen_version=1,
                note="被树挡住",
                photo=factories.a_picture().jpeg,
            ),
        )
    code = house.signs["hanging"].code
    house.at_a_sign = factories.a_report(session, source="sign", sign_code=code)
    service.note_far_report(session, code=code, report_no=house.at_a_sign.report_no, distance_m=900)
    service.raise_alarm(session, 300)
    plate_talk.complain(
        session, code=code, trouble=Trouble.COVERED, remark="树枝", request_key=factories.key()
    )
    service.set_photo(session, house.signs["hanging"].site_id, factories.a_picture().thumb)
    house.print_job = print_jobs.ask(
        session,
        print_jobs.Wish(
            layout="post",
            public_url="https://city.test",
            district_name="重庆市江北区",
            hotline="12319",
        ),
        request_key=factories.key(),
        staff_id=house.staff_id,
    )
    for day in range(8, 28):
        scanned(session, code, day, 9)
    weighing.weigh(session)
    session.commit()


@dataclass
class Window:
    """A page that remembers what went wrong in it."""

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.base}{path}")
        return self.page


def open_window(context: BrowserContext, house: House) -> Window:
    """Open a page that notes scripts' errors, broken policies and requests to other hosts."""
    window = Window(context.new_page(), house.url)

    def asked(url: str) -> None:
        if not url.startswith((house.url, "data:")):
            window.faults.append(f"asked {url}")

    window.page.on("request", lambda request: asked(request.url))
    window.page.on("pageerror", lambda error: window.faults.append(str(error)))
    window.page.on(
        "console",
        lambda said: (
            window.faults.append(said.text)
            if said.type in ("error", "warning") and not _is_status_line(said.text)
            else None
        ),
    )
    return window


def _is_status_line(text: str) -> bool:
    """Tell Chromium's note of a 4xx or 5xx answer, which is what some tests are about."""
    return bool(re.match(r"Failed to load resource: the server responded with a status of", text))


def signed_in(context: BrowserContext, house: House) -> None:
    """Sign the context in by the real form."""
    page = context.new_page()
    page.goto(f"{house.url}/console/sign-in")
    page.get_by_label("用户名").fill(USERNAME)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/console/cases")
    page.close()
    assert any(
        cookie["name"].startswith(COOKIE) for cookie in context.cookies(f"{house.url}/console/")
    )


@pytest.fixture(scope="session")
def photo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("camera") / "after.jpg"
    path.write_bytes(factories.image_bytes((1600, 1200)))
    return path
