"""The classes of problems: every one once, and reports name only those."""

import pytest
from sqlalchemy.orm import Session

import cases
from cases.models import Case
from tests.factories import a_picture, a_report, key


def test_there_are_190_classes_each_with_its_own_code() -> None:
    found = cases.classes()

    assert len(found) == 190
    assert sum(each.is_component for each in found.values()) == 92
    assert found["C0101"].name == "上水井盖"
    assert all(code == each.code for code, each in found.items())


def test_a_report_keeps_its_class_sign_and_telephone(session: Session) -> None:
    made = a_report(
        session,
        source="sign",
        class_code="C0102",
        sign_code="7ZK3M9QA",
        contact_phone=" １３８-1234 5678 ",
    )

    case = session.get_one(Case, made.case_id)
    assert (case.class_code, case.sign_code) == ("C0102", "7ZK3M9QA")
    assert case.contact_phone == "138-1234 5678"


@pytest.mark.parametrize("code", ["C9999", "0101", "", "C0102;"])
def test_a_class_that_there_is_not_is_refused(session: Session, code: str) -> None:
    with pytest.raises(cases.UnknownClass):
        a_report(session, class_code=code)


@pytest.mark.parametrize("phone", ["call me", "1" * 40, "+", "<b>13812345678</b>"])
def test_a_telephone_that_nobody_can_call_is_refused(session: Session, phone: str) -> None:
    with pytest.raises(cases.BadPhone):
        a_report(session, contact_phone=phone)


def test_an_anonymous_report_brings_its_pictures_along_once(session: Session) -> None:
    same = key()

    first, again = (
        cases.report(
            session,
            request_key=same,
            prefix="JB",
            source="page",
            citizen_id=None,
            place_label="观音桥",
            pictures=[a_picture(), a_picture()],
        )
        for _ in range(2)
    )

    assert again == first
    file = cases.case_file(session, first.case_id)
    assert [photo.state for photo in file.photos] == ["stored", "stored"]


def test_nobody_s_report_takes_nobody_s_photos(session: Session) -> None:
    loose = cases.receive_photo(session, citizen_id=None, origin=f"test:{key()}")

    made = cases.report(
        session,
        request_key=key(),
        prefix="JB",
        source="page",
        citizen_id=None,
        text="路灯不亮",
        place_label="观音桥",
        photo_ids=[loose],
    )

    assert cases.case_file(session, made.case_id).photos == ()
