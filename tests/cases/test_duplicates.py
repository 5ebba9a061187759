"""The same problem twice: found near by, merged, followed; and everybody is told."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from cases.workflow import Status
from tests.factories import a_case, a_citizen, a_member_of_staff, a_report, key, move_on
from wechat.models import Notice

HERE = (29.5745, 106.5300)
METRE = 1 / 111_195


def near(session: Session, **changed: object) -> list[int]:
    values: dict[str, object] = {"class_code": None, "text": "路面有个大坑，积水很深"}
    found = cases.similar(session, *HERE, **(values | changed))  # type: ignore[arg-type]  # keywords by name
    return [each.case_id for each in found]


def report_at(
    session: Session, north: float, east: float = 0.0, *, text: str, class_code: str | None = None
) -> cases.Reported:
    """Report something so many metres north and east of here."""
    return a_report(
        session,
        text=text,
        class_code=class_code,
        latitude=HERE[0] + north * METRE,
        longitude=HERE[1] + east * METRE / 0.8697,
    )


def test_an_open_case_near_by_with_the_same_words_is_found_and_measured(session: Session) -> None:
    made = report_at(session, 60, text="这里路面有坑，积水很深")

    (found,) = cases.similar(session, *HERE, None, "路面有个大坑，积水很深")

    assert (found.case_id, found.report_no, found.status) == (
        made.case_id,
        made.report_no,
        Status.REPORTED,
    )
    assert found.distance_m == pytest.approx(60, abs=1)


@pytest.mark.parametrize("north", [-149, -80, 0, 80, 149])
@pytest.mark.parametrize("east", [-100, 0, 100])
def test_it_is_found_over_the_edges_of_cells_exactly_as_far_as_150_metres(
    session: Session, north: float, east: float
) -> None:
    made = report_at(session, north, east, text="路面有个大坑，积水很深")
    is_near = (north**2 + east**2) ** 0.5 < 150

    assert near(session) == ([made.case_id] if is_near else [])


def test_what_is_another_matter_is_not(session: Session) -> None:
    report_at(session, 60, text="路灯不亮")
    report_at(session, 60, text="路面有个大坑", class_code="C0137")
    closed = a_case(session, Status.CLOSED)

    assert near(session, class_code="E0113", text="垃圾堆在这里") == []
    assert closed.case_id not in near(session)


def test_on_the_same_spot_and_of_the_same_class_no_words_are_needed(session: Session) -> None:
    same_class = report_at(session, 100, text="灯坏了", class_code="C0137")
    here = report_at(session, 5, text="看照片")

    assert set(near(session, class_code="C0137", text=None)) == {same_class.case_id, here.case_id}


@pytest.mark.parametrize("place", [(None, None), (91.0, 0.0), (float("nan"), 1.0)])
def test_without_a_place_nothing_is_similar(
    session: Session, place: tuple[float | None, float | None]
) -> None:
    assert cases.similar(session, *place) == ()


def merge(session: Session, case_id: int, into_id: int, **changed: object) -> None:
    values: dict[str, object] = {
        "staff_id": a_member_of_staff(session),
        "request_key": key(),
        "seen_version": cases.case_file(session, case_id).version,
    }
    cases.merge(session, case_id=case_id, into_id=into_id, **(values | changed))  # type: ignore[arg-type]  # keywords by name


def test_merging_keeps_every_reporter_and_all_of_them_hear_the_result(session: Session) -> None:
    first, second, third, fan = (a_citizen(session) for _ in range(4))
    main = a_report(session, citizen_id=first)
    other = a_report(session, citizen_id=second)
    chained = a_report(session, citizen_id=third)
    cases.follow(session, chained.case_id, fan)
    merge(session, chained.case_id, other.case_id)
    merge(session, other.case_id, main.case_id)

    for name in ("file", "dispatch", "dispose", "close"):
        move_on(session, main.case_id, name)

    reporters = cases.reporters_of(session, main.case_id)
    assert [(each.citizen_id, each.report_no, each.is_first) for each in reporters] == [
        (first, main.report_no, True),
        (second, other.report_no, False),
        (third, chained.report_no, False),
        (fan, main.report_no, False),
    ]
    assert [each.access_key is None for each in reporters] == [False, False, False, True]
    closed = session.execute(
        select(Notice.citizen_id, Notice.subject, Notice.url).where(Notice.title == "已办结")
    ).all()
    assert {row.citizen_id for row in closed} == {first, second, third, fan}
    links = {row.citizen_id: row.url for row in closed}
    assert "?k=" not in links[fan]
    assert all("?k=" in links[each] for each in (first, second, third))


def test_a_merged_case_shows_how_the_other_goes_and_none_of_its_details(session: Session) -> None:
    main = a_report(session, text="PRIVATE")
    other = a_report(session)
    merge(session, other.case_id, main.case_id)
    move_on(session, main.case_id, "file")

    seen = cases.public_case(session, other.report_no, other.access_key)

    assert seen.status is Status.MERGED
    assert seen.main
    assert (seen.main.status, seen.main.text, seen.main.is_owner) == (Status.FILED, None, False)


def test_what_was_no_duplicate_is_split_again(session: Session) -> None:
    main, other = a_report(session), a_report(session)
    merge(session, other.case_id, main.case_id)
    move_on(session, other.case_id, "split")

    assert cases.case_file(session, other.case_id).status is Status.ACCEPTED
    assert len(cases.reporters_of(session, main.case_id)) == 1
    assert len(cases.reporters_of(session, other.case_id)) == 1


def test_a_case_is_merged_only_into_another_open_one(session: Session) -> None:
    case_id = a_report(session).case_id
    for into in (case_id, a_case(session, Status.CLOSED).case_id, 10**9):
        with pytest.raises(cases.NoSuchTarget):
            merge(session, case_id, into)
    with pytest.raises(cases.CaseNotFound):
        merge(session, 10**9, case_id, seen_version=1)
    with pytest.raises(cases.IllegalMove):
        merge(session, a_case(session, Status.DISPATCHED).case_id, case_id)
    with pytest.raises(cases.StaleCase):
        merge(session, case_id, a_report(session).case_id, seen_version=7)


def test_the_same_merge_again_is_one(session: Session) -> None:
    case_id, into, same = a_report(session).case_id, a_report(session).case_id, key()
    for _ in range(2):
        merge(session, case_id, into, request_key=same, seen_version=1)
    assert cases.case_file(session, case_id).version == 2


def test_following_is_once_and_never_of_ones_own(session: Session) -> None:
    citizen = a_citizen(session)
    mine, theirs = a_report(session, citizen_id=citizen), a_report(session)
    for _ in range(2):
        cases.follow(session, mine.case_id, citizen)
        cases.follow(session, theirs.case_id, citizen)
    assert [each.citizen_id for each in cases.reporters_of(session, mine.case_id)] == [citizen]
    assert len(cases.reporters_of(session, theirs.case_id)) == 2

    cases.unfollow(session, theirs.case_id, citizen)
    assert len(cases.reporters_of(session, theirs.case_id)) == 1
