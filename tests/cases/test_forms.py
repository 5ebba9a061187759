"""What people type is read leniently, and never gets through unchecked."""

import uuid

import pytest

from cases.errors import NoteRequired, NoteTooLong
from cases.forms import (
    BIGGEST_ID,
    BrokenForm,
    OtherReasonRequired,
    ReasonRequired,
    read_move,
    read_wanted,
    tidy_text,
    whole_number,
)
from cases.rules import LONGEST_NOTE, REFUSE_REASONS, Status

KEY = uuid.uuid4().hex


def posted(**changed: str) -> dict[str, str]:
    return {"move": "file", "request_key": KEY, "seen_version": "1", "note": ""} | changed


def test_a_move_is_read_as_it_was_typed() -> None:
    form = read_move(posted(move="dispatch", body_id="7", note="  请今天到场\r\n谢谢 "))
    assert (form.name, form.body_id, form.seen_version) == ("dispatch", 7, 1)
    assert form.note_to_record() == "请今天到场\n谢谢"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"move": "delete"},
        {"move": ""},
        {"request_key": "x"},
        {"request_key": ""},
        {"seen_version": "-1"},
        {"seen_version": "1.5"},
        {"seen_version": "9" * 400},
        {"seen_version": "²"},
    ],
)
def test_hidden_fields_that_are_not_ours_are_refused(spoilt: dict[str, str]) -> None:
    with pytest.raises(BrokenForm):
        read_move(posted(**spoilt))


def test_a_missing_hidden_field_is_refused() -> None:
    for name in ("move", "request_key", "seen_version"):
        fields = posted()
        del fields[name]
        with pytest.raises(BrokenForm):
            read_move(fields)


def test_an_optional_note_may_be_empty_and_a_needed_one_may_not() -> None:
    assert read_move(posted()).note_to_record() is None
    for name in ("return", "dispose", "rework"):
        with pytest.raises(NoteRequired):
            read_move(posted(move=name, note=" \t ")).note_to_record()


def test_a_refusal_needs_a_reason_from_the_list() -> None:
    with pytest.raises(ReasonRequired):
        read_move(posted(move="refuse", note="说明")).note_to_record()
    with pytest.raises(ReasonRequired):
        read_move(posted(move="refuse", reason="made up")).note_to_record()


def test_the_reason_and_the_words_go_into_the_history_together() -> None:
    form = read_move(posted(move="refuse", reason="elsewhere", note="电梯归轨道集团管"))
    assert form.note_to_record() == f"{REFUSE_REASONS['elsewhere']}。\n电梯归轨道集团管"


def test_another_reason_must_be_written_out() -> None:
    with pytest.raises(OtherReasonRequired):
        read_move(posted(move="refuse", reason="other")).note_to_record()
    assert read_move(posted(move="refuse", reason="other", note="原因")).note_to_record() == "原因"


def test_a_note_that_the_history_cannot_hold_is_refused_with_its_reason_counted() -> None:
    assert read_move(posted(note="长" * LONGEST_NOTE)).note_to_record()
    with pytest.raises(NoteTooLong):
        read_move(posted(note="长" * (LONGEST_NOTE + 1))).note_to_record()
    with pytest.raises(NoteTooLong):
        read_move(
            posted(move="refuse", reason="unclear", note="长" * LONGEST_NOTE)
        ).note_to_record()


def test_every_reason_leaves_room_for_an_explanation() -> None:
    assert max(map(len, REFUSE_REASONS.values())) < LONGEST_NOTE / 2


def test_text_keeps_its_lines_and_loses_control_characters() -> None:
    assert tidy_text(" a\x00\x1b[31mb\r\nc\rd\te\x85 ") == "a[31mb\nc\nd\te"
    assert tidy_text("👨‍👩‍👧 家") == "👨‍👩‍👧 家"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1", 1),
        ("007", 7),
        (str(BIGGEST_ID), BIGGEST_ID),
        (str(BIGGEST_ID + 1), None),
        ("0", None),
        ("-1", None),
        ("1e3", None),
        (" 1", None),
        ("١", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_a_number_is_a_number_that_the_database_can_hold(typed: str, read: int | None) -> None:
    assert whole_number(typed) == read


def test_a_list_address_that_makes_no_sense_shows_the_list() -> None:
    wanted = read_wanted({"status": "' OR 1=1", "before": "x", "q": "\x00 \n "})
    assert (wanted.status, wanted.search, wanted.before_id) == (None, None, None)


def test_a_list_address_is_read() -> None:
    wanted = read_wanted({"status": "filed", "before": "12", "q": " 井盖  松 "})
    assert (wanted.status, wanted.search, wanted.before_id) == (Status.FILED, "井盖 松", 12)
    assert len(read_wanted({"q": "长" * 5000}).search or "") == 100
