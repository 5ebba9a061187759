"""Moving a case by the forms of its page: nothing happens twice, and nothing typed is lost."""

import re
from typing import Any, NamedTuple

import pytest
from sqlalchemy.orm import Session

from cases import desk, wording
from cases.rules import MOVES, Status
from tests import factories
from tests.cases.conftest import Desk, a_file, now_in, status_of
from tests.pages import page_of, submit


def test_a_case_goes_all_the_way_by_the_forms_of_its_page(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.REPORTED)
    body = factories.a_body(session, "市政所")
    session.commit()
    steps: list[tuple[str, dict[str, Any], Status]] = [
        ("file", {"note": "情况属实"}, Status.FILED),
        ("dispatch", {"body_id": body}, Status.DISPATCHED),
        ("return", {"note": "不归我们"}, Status.FILED),
        ("dispatch", {"body_id": body}, Status.DISPATCHED),
        ("dispose", {"note": "已修好", "photos": a_file()}, Status.DISPOSED),
        ("rework", {"note": "没修平", "photos": a_file()}, Status.DISPATCHED),
        ("dispose", {"note": "重修了", "photos": [a_file(), a_file()]}, Status.DISPOSED),
        ("check", {"photos": a_file()}, Status.CHECKED),
        ("close", {"note": "谢谢您"}, Status.CLOSED),
    ]
    for name, typed, arrived in steps:
        form = at_desk.case(case.case_id).form(name)
        response = submit(at_desk.client, form, **typed)
        assert response.status_code == 303
        assert status_of(session, case.case_id) is arrived
        page = page_of(at_desk.client.get(response.location))
        assert wording.MOVE_WORDS[name].done in page.text
        back = f"继续办{wording.DESK_WORDS[MOVES[name].origin]}的案件"
        assert page.links[back] == f"/console/cases?status={MOVES[name].origin}"
        assert wording.MOVE_WORDS[name].done not in at_desk.case(case.case_id).text
    moves = now_in(session, case.case_id).moves
    assert [m.name for m in moves] == ["report", *(name for name, _, _ in steps)]
    assert {m.actor_name for m in moves[1:]} == {"陈敏"}
    assert [len(m.photo_ids) for m in moves] == [0, 0, 0, 0, 0, 1, 1, 2, 1, 0]


def test_a_refused_case_tells_the_reason(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.REPORTED)
    session.commit()
    form = at_desk.case(case.case_id).form("refuse")
    submit(at_desk.client, form, reason="elsewhere", note="电梯归轨道集团管")
    assert status_of(session, case.case_id) is Status.REFUSED
    assert "请拨打 12345。 电梯归轨道集团管" in at_desk.case(case.case_id).text


def test_a_form_sent_twice_is_one_move(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.DISPATCHED)
    session.commit()
    form = at_desk.case(case.case_id).form("dispose")
    for _ in range(2):
        response = submit(at_desk.client, form, note="已清运", photos=a_file())
        assert response.status_code == 303
    moves = now_in(session, case.case_id).moves
    assert [m.name for m in moves].count("dispose") == 1
    assert len(moves[-1].photo_ids) == 1


def test_the_second_of_two_operators_sees_what_the_first_did_and_keeps_his_words(
    at_desk: Desk, session: Session
) -> None:
    case = factories.a_case(session, Status.DISPOSED)
    session.commit()
    mine = at_desk.case(case.case_id).form("close")
    other = factories.a_member_of_staff(session, name="王芳")
    factories.move_on(session, case.case_id, "rework", staff_id=other, note="角落没扫")
    factories.move_on(session, case.case_id, "dispose", staff_id=other, note="又扫了一遍")
    session.commit()
    response = submit(at_desk.client, mine, note="写了很久的答复", photos=a_file())
    assert response.status_code == 409
    page = page_of(response)
    assert "您填写的时候，案件已经变了" in page.alerts[0]
    assert re.search(r"王芳：返工.*王芳：处置完成", page.alerts[0])
    assert page.form("close").fields["note"] == "写了很久的答复"
    # Having seen it, he may go on.
    assert submit(at_desk.client, page.form("close"), photos=a_file()).status_code == 303
    assert status_of(session, case.case_id) is Status.CLOSED


def test_words_for_a_move_that_is_no_longer_possible_can_still_be_copied(
    at_desk: Desk, session: Session
) -> None:
    case = factories.a_case(session, Status.DISPATCHED)
    session.commit()
    mine = at_desk.case(case.case_id).form("return")
    factories.move_on(session, case.case_id, "dispose")
    session.commit()
    response = submit(at_desk.client, mine, note="这不归我们管，应派园林所")
    assert response.status_code == 409
    page = page_of(response)
    assert page.moves() == ["check", "close", "rework", "force_close"]
    assert "您刚才填写的内容（可以复制） 这不归我们管，应派园林所" in page.text
    assert status_of(session, case.case_id) is Status.DISPOSED


class Lacking(NamedTuple):
    status: Status
    move: str
    typed: dict[str, str]
    sentence: str


@pytest.mark.parametrize(
    "lacking",
    [
        Lacking(Status.FILED, "dispatch", {"body_id": "", "note": "快"}, "请选择一个责任单位"),
        Lacking(
            Status.FILED, "dispatch", {"body_id": "9" * 18, "note": "快"}, "请选择一个责任单位"
        ),
        Lacking(Status.FILED, "dispatch", {"body_id": "x", "note": "快"}, "请选择一个责任单位"),
        Lacking(Status.REPORTED, "refuse", {"reason": "", "note": "快"}, "请选择不予受理的原因"),
        Lacking(Status.REPORTED, "refuse", {"reason": "other"}, "请写明是什么原因"),
        Lacking(Status.REPORTED, "file", {"note": "长" * 501}, "请控制在 500 字以内"),
        Lacking(Status.DISPATCHED, "return", {"note": " \n"}, "请写明情况或原因"),
        Lacking(Status.DISPATCHED, "dispose", {"note": "修好了"}, "请附上现场照片"),
    ],
)
def test_what_is_missing_is_said_at_its_form_and_nothing_typed_is_lost(
    at_desk: Desk, session: Session, lacking: Lacking
) -> None:
    status, move, typed, sentence = lacking
    case = factories.a_case(session, status)
    session.commit()
    response = submit(at_desk.client, at_desk.case(case.case_id).form(move), **typed)
    assert response.status_code == 422
    page = page_of(response)
    assert [sentence in alert for alert in page.alerts] == [True]
    assert not page.form(move).is_folded
    assert page.form(move).fields["note"].strip() == typed.get("note", "").strip()
    assert status_of(session, case.case_id) is status


def test_choices_are_kept_when_something_else_is_missing(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.FILED)
    body = factories.a_body(session)
    session.commit()
    form = at_desk.case(case.case_id).form("dispatch")
    page = page_of(submit(at_desk.client, form, body_id=body, note="长" * 501))
    assert page.form("dispatch").fields["body_id"] == str(body)


@pytest.mark.parametrize("field", ["move", "seen_version", "request_key"])
def test_a_page_cut_short_is_refused_with_a_way_back(
    at_desk: Desk, session: Session, field: str
) -> None:
    case = factories.a_case(session, Status.REPORTED)
    session.commit()
    form = at_desk.case(case.case_id).form("file")
    response = submit(at_desk.client, form, **{field: None})
    assert response.status_code == 422
    assert page_of(response).links["回到刚才的页面"] == f"/console/cases/{case.case_id}"
    assert status_of(session, case.case_id) is Status.REPORTED


def test_a_move_on_a_case_that_is_not_there_is_not_found(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.REPORTED)
    session.commit()
    form = at_desk.case(case.case_id).form("file")
    form.action = "/console/cases/999999"
    assert submit(at_desk.client, form).status_code == 404


@pytest.mark.parametrize(
    ("sent", "code", "sentence"),
    [
        ((b"MZ\x90\x00 not a picture", "holiday.jpg"), 422, "不是能打开的照片"),
        ((b"<svg onload='alert(1)'/>", "x.svg"), 422, "不是能打开的照片"),
        ((b"", "empty.jpg"), 422, "不是能打开的照片"),
        ((b"\xff\xd8\xff" + b"0" * (20 << 20), "big.jpg"), 413, "照片太大了"),
    ],
)
def test_a_file_that_is_no_fit_photo_costs_no_words(
    at_desk: Desk, session: Session, sent: tuple[bytes, str], code: int, sentence: str
) -> None:
    case = factories.a_case(session, Status.DISPATCHED)
    session.commit()
    form = at_desk.case(case.case_id).form("dispose")
    response = submit(at_desk.client, form, note="已经清运", photos=a_file(*sent))
    assert response.status_code == code
    page = page_of(response)
    assert sentence in page.alerts[0]
    assert page.form("dispose").fields["note"] == "已经清运"
    assert "处置后的照片 请重新选择" in page.text
    assert status_of(session, case.case_id) is Status.DISPATCHED


def test_more_than_the_server_takes_in_is_a_page_that_leads_back(
    at_desk: Desk, session: Session
) -> None:
    case = factories.a_case(session, Status.DISPATCHED)
    session.commit()
    response = at_desk.client.post(
        f"/console/cases/{case.case_id}",
        data=b"0" * (desk.UPLOAD_LIMIT + 1),
        content_type="multipart/form-data; boundary=x",
    )
    assert response.status_code == 413
    page = page_of(response)
    assert page.headings == ["照片太大了"]
    assert page.links["回到刚才的页面"] == f"/console/cases/{case.case_id}"


def test_ten_photos_at_once_are_one_too_many(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.DISPATCHED)
    session.commit()
    form = at_desk.case(case.case_id).form("dispose")
    response = submit(at_desk.client, form, note="x", photos=[a_file() for _ in range(10)])
    assert response.status_code == 422
    assert "一次最多 9 张照片" in page_of(response).alerts[0]


def test_after_a_rework_the_pair_shows_the_last_photos_only(
    at_desk: Desk, session: Session
) -> None:
    citizen = factories.a_citizen(session)
    photo = factories.a_photo(session, citizen)
    case = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,))
    for name in ("file", "dispatch", "dispose", "rework", "dispose"):
        factories.move_on(session, case.case_id, name)
    session.commit()
    page = at_desk.case(case.case_id)
    assert page.html.count("上报照片 ") == 1
    assert page.html.count("处置后照片 ") == 1
    assert "处置前" in page.text
    factories.move_on(session, case.case_id, "rework")
    session.commit()
    assert "上次处置后（不合格）" in at_desk.case(case.case_id).text
