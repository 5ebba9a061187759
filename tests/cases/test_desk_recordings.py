"""Voice messages and videos at the desk: who hears them, and what a browser cannot play."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import accounts
import cases
from accounts import Role
from accounts.models import AuditLine
from tests import factories
from tests.cases.conftest import Desk
from tests.pages import sign_in_as

AMR, MP4, MP3 = b"#!AMR\n" + bytes(40), b"\x00\x00\x00\x18ftypmp42" + bytes(40), b"ID3" + bytes(40)


def a_recording(session: Session, kind: cases.recordings.Kind, data: bytes) -> tuple[int, int]:
    """Return the ids of a case and of the recording that it was reported with."""
    citizen = accounts.citizen_for(session, "o-li")
    recording = cases.receive_recording(session, citizen_id=citizen, origin="wechat:m:1", kind=kind)
    made = cases.report(
        session,
        request_key="recorded",
        prefix="JB",
        source="wechat",
        citizen_id=citizen,
        place_label="观音桥",
        recording_ids=[recording],
    )
    cases.store_recording(session, recording_id=recording, data=data)
    session.commit()
    return made.case_id, recording


@pytest.mark.parametrize(
    ("kind", "data", "shown"),
    [("video", MP4, ("video", "video/mp4")), ("voice", MP3, ("audio", "audio/mpeg"))],
    ids=["video", "voice"],
)
def test_what_browsers_play_is_played_on_the_cases_page(
    at_desk: Desk,
    session: Session,
    kind: cases.recordings.Kind,
    data: bytes,
    shown: tuple[str, str],
) -> None:
    tag, mimetype = shown
    case_id, recording = a_recording(session, kind, data)
    address = f"/console/recordings/{recording}"
    [player] = [given for name, given in at_desk.case(case_id).tags if name == tag]
    assert player["src"] == address
    answer = at_desk.client.get(address)
    assert (answer.mimetype, answer.data) == (mimetype, data)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "attachment" not in answer.headers.get("Content-Disposition", "")
    part = at_desk.client.get(address, headers={"Range": "bytes=0-3"})  # how players ask
    assert (part.status_code, part.data) == (206, data[:4])


def test_the_platforms_own_voice_format_is_offered_as_a_file(
    at_desk: Desk, session: Session
) -> None:
    case_id, recording = a_recording(session, "voice", AMR)
    page = at_desk.case(case_id)
    assert not [name for name, _ in page.tags if name in {"audio", "video"}]
    assert "请用播放器打开" in page.text
    answer = at_desk.client.get(f"/console/recordings/{recording}")
    assert answer.data == AMR
    assert (
        answer.headers["Content-Disposition"] == f"attachment; filename=recording-{recording}.amr"
    )


def test_a_responsible_body_hears_no_resident(client: FlaskClient, session: Session) -> None:
    _, recording = a_recording(session, "voice", MP3)
    for role in (Role.POINTS_OPERATOR, Role.DATA_EDITOR):
        sign_in_as(client, session, factories.a_member_of_staff(session, role=role))
        assert client.get(f"/console/recordings/{recording}").status_code == 403
    assert Role.BODY_STAFF not in cases.desk.LISTENERS


def test_who_listened_stands_in_the_log(at_desk: Desk, session: Session) -> None:
    _, recording = a_recording(session, "voice", MP3)
    at_desk.client.get(f"/console/recordings/{recording}")
    heard = select(AuditLine.staff_id).where(AuditLine.path == f"/console/recordings/{recording}")
    assert session.scalars(heard).all() == [at_desk.staff_id]


def test_a_recording_of_no_case_is_not_found(at_desk: Desk, session: Session) -> None:
    citizen = accounts.citizen_for(session, "o-li")
    loose = cases.receive_recording(session, citizen_id=citizen, origin="wechat:m:2", kind="voice")
    cases.store_recording(session, recording_id=loose, data=MP3)
    session.commit()
    assert at_desk.client.get(f"/console/recordings/{loose}").status_code == 404
    assert at_desk.client.get("/console/recordings/999999").status_code == 404
