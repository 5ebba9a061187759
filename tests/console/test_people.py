"""One's own account, and everybody's: pages of the desk."""

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import accounts
from accounts import Role, passwords
from kernel import clock
from tests import factories
from tests.pages import Page, another_browser, page_of, sign_in_as, submit

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def password_hash() -> str:
    return passwords.hash_of(PASSWORD)


@pytest.fixture
def lina(session: Session, password_hash: str) -> int:
    staff_id = factories.a_member_of_staff(session)
    session.get_one(accounts.Staff, staff_id).password_hash = password_hash
    session.commit()
    return staff_id


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> int:
    staff_id = factories.a_member_of_staff(session, role=Role.ADMINISTRATOR)
    sign_in_as(client, session, staff_id)
    return staff_id


def form_to(page: Page, action: str) -> int:
    return next(at for at, form in enumerate(page.forms) if form.action == action)


def test_the_second_factor_is_set_up_and_then_asked_for(
    client: FlaskClient, session: Session, lina: int
) -> None:
    sign_in_as(client, session, lina)
    page = page_of(client.get("/console/me/second-factor"))
    form = page.forms[form_to(page, "/console/me/second-factor")]
    code = pyotp.TOTP(form.fields["secret"]).now()

    wrong = submit(client, form, code="000000", password=PASSWORD)
    assert wrong.status_code == 403
    assert form.fields["secret"] in wrong.text
    done = submit(client, form, code=code, password=PASSWORD)

    assert page_of(done).headings == ["两步验证已开通"]
    stranger = another_browser(client)
    username = session.get_one(accounts.Staff, lina).username
    page = page_of(stranger.get("/console/sign-in?next=/console/me"))
    asked = page_of(submit(stranger, page.forms[0], username=username, password=PASSWORD))
    assert asked.headings == ["两步验证"]
    refused = submit(stranger, asked.forms[0], code="111111")
    assert refused.status_code == 403
    again = page_of(refused)
    # The code that set it up is spent: the next one.
    later = pyotp.TOTP(form.fields["secret"]).at(int(clock.now().timestamp()) + 30)
    opened = submit(stranger, again.forms[0], code=later)
    assert (opened.status_code, opened.location) == (303, "/console/me")


def test_whoever_has_another_s_password_changes_it_first(
    client: FlaskClient, session: Session, lina: int
) -> None:
    session.get_one(accounts.Staff, lina).must_change_password = True
    session.commit()
    sign_in_as(client, session, lina)

    away = client.get("/console/cases")
    assert (away.status_code, away.location) == (303, "/console/me")
    page = page_of(client.get("/console/me"))
    assert "先换成自己的" in page.alerts[0]
    form = page.forms[form_to(page, "/console/me/password")]
    new = "my-own-long-password"
    assert submit(client, form, old="wrong", new=new, again=new).status_code == 403
    assert submit(client, form, old=PASSWORD, new=new, again=new).status_code == 303

    assert client.get("/console/cases").status_code == 200


def test_a_second_factor_may_be_required(
    client: FlaskClient, session: Session, lina: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = client.application
    strict = app.extensions["baixing_settings"].model_copy(update={"second_factor": "required"})
    monkeypatch.setitem(app.extensions, "baixing_settings", strict)
    sign_in_as(client, session, lina)

    assert client.get("/console/cases").location == "/console/me"
    assert client.get("/console/me/second-factor").status_code == 200
    assert "请先开通" in page_of(client.get("/console/me")).alerts[0]


def test_sessions_elsewhere_can_be_ended(client: FlaskClient, session: Session, lina: int) -> None:
    other = another_browser(client)
    for each in (client, other):
        sign_in_as(each, session, lina)
    page = page_of(client.get("/console/me"))
    ends = [form for form in page.forms if form.action == "/console/me/sessions/end"]
    assert len(ends) == 2  # the other one, and all others

    submit(client, ends[0])

    assert other.get("/console/cases").status_code == 303
    assert client.get("/console/cases").status_code == 200


def test_nobody_ends_the_session_of_another_person(
    client: FlaskClient, session: Session, lina: int
) -> None:
    stranger = another_browser(client)
    sign_in_as(stranger, session, factories.a_member_of_staff(session))
    theirs = next(
        form
        for form in page_of(stranger.get("/console/me")).forms
        if form.action == "/console/me/password"
    )
    for each in (client, another_browser(client)):
        sign_in_as(each, session, lina)
    page = page_of(client.get("/console/me"))
    mine = next(f for f in page.forms if f.action == "/console/me/sessions/end")

    stranger.post(
        "/console/me/sessions/end",
        data={"csrf_token": theirs.fields["csrf_token"], "number": mine.fields["number"]},
    )

    assert len(page_of(client.get("/console/me")).forms) == len(page.forms)


def test_somebody_is_added_and_changes_his_password_at_first(
    client: FlaskClient, session: Session, boss: int
) -> None:
    page = page_of(client.get("/console/staff"))
    form = page.forms[form_to(page, "/console/staff")]
    refused = submit(
        client, form, name="吴刚", username="WU GANG", password="long-enough-1", role="inspector"
    )
    assert refused.status_code == 422
    assert (
        page_of(refused).forms[form_to(page_of(refused), "/console/staff")].fields["name"] == "吴刚"
    )

    made = submit(
        client, form, name="吴刚", username="wu.gang", password="long-enough-1", role="inspector"
    )

    assert made.status_code == 303
    assert "吴刚" in page_of(client.get(made.location)).headings[0]
    newcomer = another_browser(client)
    page = page_of(newcomer.get("/console/sign-in"))
    submit(newcomer, page.forms[0], username="wu.gang", password="long-enough-1")
    assert newcomer.get("/console/cases").location == "/console/me"


def test_an_administrator_resets_a_password_and_shows_it_once(
    client: FlaskClient, session: Session, boss: int, lina: int
) -> None:
    page = page_of(client.get(f"/console/staff/{lina}"))
    form = page.forms[form_to(page, f"/console/staff/{lina}/password")]

    shown = page_of(submit(client, form))

    assert "新密码" in shown.text
    assert "新密码" not in page_of(client.get(f"/console/staff/{lina}")).text


def test_nobody_changes_his_own_role(client: FlaskClient, session: Session, boss: int) -> None:
    page = page_of(client.get(f"/console/staff/{boss}"))
    assert [form.action for form in page.forms] == ["/console/sign-out"]
    token = page.forms[0].fields["csrf_token"]

    answer = client.post(
        f"/console/staff/{boss}",
        data={"csrf_token": token, "name": "x", "role": "auditor", "is_active": "1"},
    )

    assert answer.status_code == 409


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR])
def test_only_administrators_see_the_people(
    client: FlaskClient, session: Session, role: Role
) -> None:
    body_id = factories.a_body(session) if role is Role.BODY_STAFF else None
    staff_id = factories.a_member_of_staff(session, role=role, body_id=body_id)
    sign_in_as(client, session, staff_id)

    assert client.get("/console/staff").status_code == 403
    assert client.get(f"/console/staff/{staff_id}").status_code == 403
    assert client.get("/console/audit").status_code == (200 if role is Role.AUDITOR else 403)
    assert client.get("/console/me").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"role": "king"},
        {"role": "acceptor", "name": "\0", "username": "\0", "password": "\0"},
        {
            "role": "body_staff",
            "name": "x",
            "username": "x.y",
            "password": "p" * 12,
            "body_id": "x",
        },
        {"role": "acceptor", "name": "x" * 9000, "username": "y" * 9000, "password": "z" * 9000},
    ],
)
def test_garbage_adds_nobody(
    client: FlaskClient, session: Session, boss: int, data: dict[str, str]
) -> None:
    token = page_of(client.get("/console/staff")).forms[0].fields["csrf_token"]
    before = len(accounts.all_staff(session))

    answer = client.post("/console/staff", data=data | {"csrf_token": token})

    assert answer.status_code in (400, 422)
    assert len(accounts.all_staff(session)) == before


def test_somebody_who_is_not_there_is_not_found(
    client: FlaskClient, session: Session, boss: int
) -> None:
    for number in ("0", "99999999", str(2**63), str(2**80)):
        assert client.get(f"/console/staff/{number}").status_code == 404
