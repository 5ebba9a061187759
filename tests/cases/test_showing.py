"""How the district is doing: counted once a day, added up for everybody, pairs only by the desk's word."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from accounts import Role
from cases import showing
from cases.classes import classes
from cases.clock_models import Facts
from cases.district import KEPT
from cases.models import Case, Photo
from cases.public_models import DayCount, Release
from cases.rules import Status
from cases.showing import Counts
from kernel import clock
from tests import factories
from tests.cases.conftest import Desk
from tests.pages import page_of, sign_in_as, submit


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    KEPT.forget()
    yield
    KEPT.forget()


def noon(days_ago: int) -> datetime:
    day = clock.city_day(clock.now()) - timedelta(days=days_ago)
    return datetime.combine(day, datetime.min.time(), clock.CITY) + timedelta(hours=12)


def a_past_case(
    session: Session,
    days_ago: int,
    *,
    closed_after_h: float | None = None,
    class_code: str | None = "E0101",
) -> Facts:
    made = factories.a_report(session, class_code=class_code)
    facts = session.get_one(Facts, made.case_id)
    facts.reported_at = noon(days_ago)
    if closed_after_h is not None:
        facts.status = Status.CLOSED
        facts.closed_at = facts.disposed_at = noon(days_ago) + timedelta(hours=closed_after_h)
        facts.dispose_due_at = facts.disposed_at + timedelta(hours=1)
    session.flush()
    return facts


def test_past_days_are_counted_once_and_today_is_added(session: Session) -> None:
    a_past_case(session, 3, closed_after_h=10)
    a_past_case(session, 3)
    a_past_case(session, 2, closed_after_h=20, class_code=None)
    factories.a_report(session)

    assert showing.count_days(session) == 400
    assert showing.count_days(session) == 0
    told = showing.standing(session)
    assert told.recent == Counts(reported=4, closed=2, closed_hours=30.0, in_time=2)
    assert told.today == Counts(reported=1)
    assert told.recent.hours == 15
    assert told.recent.in_time_percent == 100
    assert sum(counts.reported for _, counts in told.months) == 4
    assert [(name, counts.reported) for name, counts in told.by_class] == [
        (classes()["E0101"].name, 2)
    ]


def test_every_past_day_has_a_row_and_none_of_today(session: Session) -> None:
    showing.count_days(session)
    days = session.scalars(select(DayCount.day).order_by(DayCount.day)).all()
    today = clock.city_day(clock.now())
    assert len(days) == 400
    assert days[-1] == today - timedelta(days=1)


def test_a_case_that_was_reopened_is_no_longer_closed_when_the_month_is_counted_anew(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = a_past_case(session, 20, closed_after_h=5)
    showing.count_days(session)
    facts.closed_at, facts.status = None, Status.FILED
    session.flush()
    assert showing.standing(session).recent.closed == 1
    later = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert showing.count_days(session) == 35
    assert showing.standing(session).recent.closed == 0


def test_nothing_yet_is_a_page_too(client: FlaskClient) -> None:
    page = page_of(client.get("/district"))
    assert page.headings[0] == "重庆市江北区办得怎么样"
    assert "0 件" in page.text


def test_the_page_is_light_and_answers_304_to_who_has_it(client: FlaskClient) -> None:
    first = client.get("/district")
    again = client.get("/district", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert len(first.data) < 15 * 1024
    assert "Set-Cookie" not in first.headers


def test_who_asks_within_the_minute_asks_no_database(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/district")
    monkeypatch.setattr(showing, "standing", None)
    assert client.get("/district").status_code == 200


# -- pairs ---------------------------------------------------------------------------------


@pytest.fixture
def closed(session: Session) -> Case:
    """Close a case with photos of before and after."""
    citizen = factories.a_citizen(session)
    photo = factories.a_photo(session, citizen)
    made = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,), text="门口很脏")
    for name in factories.ROADS[Status.CLOSED]:
        factories.move_on(session, made.case_id, name)
    session.commit()
    return session.get_one(Case, made.case_id)


def photo_paths(client: FlaskClient) -> list[str]:
    tags = page_of(client.get("/district")).tags
    return [
        given["src"]
        for tag, given in tags
        if tag == "img" and given.get("src", "").startswith("/district/photos")
    ]


def test_a_pair_is_shown_only_by_the_desks_button_and_goes_by_it(
    at_desk: Desk, session: Session, closed: Case
) -> None:
    assert photo_paths(at_desk.client) == []
    page = at_desk.page("/console/showcase")
    submit(at_desk.client, page.forms[-1], shown="1")
    before, after = photo_paths(at_desk.client)
    answer = at_desk.client.get(before)
    assert answer.mimetype == "image/jpeg"
    assert at_desk.client.get(after).status_code == 200
    shown = page_of(at_desk.client.get("/district"))
    assert closed.report_no not in shown.html
    assert "门口很脏" not in shown.html

    submit(at_desk.client, at_desk.page("/console/showcase").forms[-1], shown="0")
    assert photo_paths(at_desk.client) == []
    assert at_desk.client.get(before).status_code == 404
    lines = session.scalars(select(Release).order_by(Release.id)).all()
    assert [(line.is_shown, line.staff_id) for line in lines] == [
        (True, at_desk.staff_id),
        (False, at_desk.staff_id),
    ]


def test_the_same_word_twice_is_one_line_and_a_reopened_case_shows_nothing(
    at_desk: Desk, session: Session, closed: Case
) -> None:
    form = at_desk.page("/console/showcase").forms[-1]
    submit(at_desk.client, form, shown="1")
    submit(at_desk.client, form, shown="1")
    assert len(session.scalars(select(Release)).all()) == 1
    (path, _) = photo_paths(at_desk.client)
    factories.move_on(session, closed.id, "reopen")
    session.commit()
    KEPT.forget()
    assert photo_paths(at_desk.client) == []
    assert at_desk.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"before": "0"},
        {"after": "x"},
        {"case": "99999999"},
        {"before": "9223372036854775808"},
        {"case": ""},
    ],
)
def test_what_is_no_pair_is_not_shown(
    at_desk: Desk, session: Session, closed: Case, changed: dict[str, str]
) -> None:
    form = at_desk.page("/console/showcase").forms[-1]
    assert submit(at_desk.client, form, shown="1", **changed).status_code == 303
    assert session.scalars(select(Release)).all() == []


def test_photos_of_another_case_make_no_pair(at_desk: Desk, session: Session, closed: Case) -> None:
    citizen = factories.a_citizen(session)
    theirs = factories.a_photo(session, citizen)
    factories.a_report(session, citizen_id=citizen, photo_ids=(theirs,))
    session.commit()
    form = at_desk.page("/console/showcase").forms[-1]
    submit(at_desk.client, form, shown="1", before=str(theirs))
    assert session.scalars(select(Release)).all() == []
    assert session.get_one(Photo, theirs).case_id != closed.id


def test_only_leaders_release(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, factories.a_member_of_staff(session, role=Role.ACCEPTOR))
    assert client.get("/console/showcase").status_code == 403


def test_the_log_of_releases_is_appended(session: Session, closed: Case) -> None:
    photos = {
        photo.purpose: photo.id
        for photo in session.scalars(select(Photo).where(Photo.case_id == closed.id))
    }
    staff = factories.a_member_of_staff(session)
    showing.release(
        session,
        case_id=closed.id,
        before_id=photos["report"],
        after_id=photos["disposal"],
        staff_id=staff,
        is_shown=True,
    )
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE cases_releases SET is_shown = false"))


def test_months_go_back_a_year(session: Session) -> None:
    months = [month for month, _ in showing.standing(session).months]
    assert len(months) == 12
    assert months == sorted(months, reverse=True)
    assert all(month == date(month.year, month.month, 1) for month in months)
