"""The classes as buttons: sent once, and only where a customer-service message may be sent."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import accounts
from tests.wechat.messages import HOUSE, photo, place, text
from wechat import client, service, tasks, windows
from wechat.client import PlatformError
from wechat.models import Talk, Window

pytestmark = pytest.mark.usefixtures("app")


class Listening:
    """Stands where the platform's client stands, and notes what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[str]]] = []
        self.trouble: PlatformError | None = None

    def send_menu(
        self, openid: str, *, head: str, choices: list[tuple[str, str]], tail: str
    ) -> None:
        assert head
        assert tail
        if self.trouble:
            raise self.trouble
        self.sent.append((openid, [code for code, _ in choices]))


@pytest.fixture
def platform_at(monkeypatch: pytest.MonkeyPatch) -> Listening:
    made = Listening()
    monkeypatch.setattr(client, "current", lambda: made)
    return made


@pytest.fixture
def li(session: Session) -> int:
    """Let 李 see the whole report with its classes."""
    for message in (photo(), place(), text("路灯不亮")):
        service.accept(message, HOUSE)
    return session.scalars(select(accounts.Citizen.id)).one()


def test_the_classes_are_sent_once_with_none_of_them_as_the_last(
    li: int, platform_at: Listening
) -> None:
    tasks.offer_classes(li)
    tasks.offer_classes(li)
    [(openid, codes)] = platform_at.sent
    assert openid == "o-li"
    assert codes[0] == "class:C0137"
    assert codes[-1] == "class:none"
    assert len(codes) == 4


def test_they_are_counted_in_the_window(li: int, session: Session, platform_at: Listening) -> None:
    tasks.offer_classes(li)
    assert platform_at.sent
    assert session.scalars(select(Window.used)).all() == [1]


def test_without_a_window_nothing_is_sent_and_nothing_is_owed(
    li: int, session: Session, platform_at: Listening
) -> None:
    windows.close(session, li)
    session.commit()
    tasks.offer_classes(li)
    assert platform_at.sent == []
    assert session.scalars(select(Talk.owes_buttons)).all() == [False]


def test_whoever_sent_the_report_meanwhile_gets_no_buttons(li: int, platform_at: Listening) -> None:
    service.accept(text("1"), HOUSE)
    tasks.offer_classes(li)
    assert platform_at.sent == []


def test_what_the_platform_refuses_is_not_sent_again(li: int, platform_at: Listening) -> None:
    platform_at.trouble = PlatformError(45047, "out of response count limit")
    tasks.offer_classes(li)
    platform_at.trouble = None
    tasks.offer_classes(li)
    assert platform_at.sent == []  # the answer had the same classes as numbers
