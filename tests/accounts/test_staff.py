"""Signing in and out: what is refused, what is counted, what is kept."""

import hashlib
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import accounts
from accounts import BadCredentials, LockedOut, Role, WeakPassword, keys, passwords
from accounts.errors import BadUsername, BodyRequired, UsernameTaken
from accounts.models import Staff, StaffSession, WrongSignIn
from accounts.rules import LOCK, WRONG_PASSWORDS
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal
from tests.factories import a_body

PASSWORD = "correct horse battery"
# Real hashes are made to be slow; these are made the same way at the least cost.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_HASH = _QUICK.hash(PASSWORD)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    keys.connect("s" * 40)
    monkeypatch.setattr(passwords, "_hasher", _QUICK)
    monkeypatch.setattr(passwords, "NOBODY", _QUICK.hash("nobody's password"))


@pytest.fixture
def lina(session: Session) -> int:
    made = Staff(username="li.na", name="李娜", role=Role.ACCEPTOR, password_hash=_HASH)
    session.add(made)
    session.commit()
    return made.id


def sign_in(session: Session, username: str = "li.na", password: str = PASSWORD) -> str:
    return accounts.sign_in(session, username=username, password=password, hours=12)


def fail_to_sign_in(
    session: Session, username: str = "li.na", *, password: str | None = None
) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        sign_in(session, username, "wrong password" if password is None else password)
    return refusal.value


def test_the_right_password_opens_a_session(session: Session, lina: int) -> None:
    token = sign_in(session)

    assert accounts.staff_member(session, token) == accounts.StaffMember(
        lina, "li.na", "李娜", Role.ACCEPTOR
    )


@pytest.mark.parametrize("typed", ["LI.NA", " li.na ", "Li.Na\n"])
def test_a_username_is_known_however_it_is_typed(session: Session, lina: int, typed: str) -> None:
    assert accounts.staff_member(session, sign_in(session, typed)) is not None


def test_an_unknown_name_and_a_wrong_password_get_the_same_refusal(
    session: Session, lina: int
) -> None:
    unknown = fail_to_sign_in(session, "nobody.here", password=PASSWORD)
    wrong = fail_to_sign_in(session)

    assert type(unknown) is type(wrong) is BadCredentials
    assert unknown.sentence == wrong.sentence
    assert (unknown.code, unknown.args) == (wrong.code, wrong.args)


def test_an_unknown_name_takes_the_work_of_a_wrong_password(
    session: Session, lina: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def fits(_password: str, hashed: str) -> bool:
        checked.append(hashed)
        return False

    monkeypatch.setattr(passwords, "fits", fits)
    for username in ("li.na", "nobody.here", "李娜", ""):
        fail_to_sign_in(session, username)

    assert checked == [_HASH, *[passwords.NOBODY] * 3]


def test_a_real_hash_costs_what_the_library_advises_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()

    assert passwords._hasher.time_cost >= 3
    assert passwords._hasher.memory_cost >= 64 * 1024
    parameters = passwords.NOBODY.split("$")[1:4]
    assert parameters == passwords.hash_of(PASSWORD).split("$")[1:4]
    assert parameters[0] == "argon2id"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("", ""),
        ("li.na", ""),
        ("", PASSWORD),
        ("li.na", PASSWORD + " "),
        ("li.na", PASSWORD.upper()),
        ("li.na", "x" * 1_000_000),
        ("li.na' OR '1'='1", PASSWORD),
        ("%", PASSWORD),
        ("li_na", PASSWORD),
        ("li.na", "\ud800 lone surrogate"),
        ("li.na", "nul \0 inside"),
        ("\ud800\0", PASSWORD),
        ("李娜", PASSWORD),
    ],
)
def test_garbage_is_refused_like_any_wrong_answer(
    session: Session, lina: int, username: str, password: str
) -> None:
    assert isinstance(fail_to_sign_in(session, username, password=password), BadCredentials)


def test_after_five_wrong_passwords_the_right_one_is_refused_too(
    session: Session, lina: int
) -> None:
    for _ in range(WRONG_PASSWORDS):
        assert isinstance(fail_to_sign_in(session), BadCredentials)

    assert isinstance(fail_to_sign_in(session, password=PASSWORD), LockedOut)
    assert WRONG_PASSWORDS == 5


def test_the_lock_is_committed_though_the_sign_in_was_refused(session: Session, lina: int) -> None:
    for _ in range(WRONG_PASSWORDS):
        # As the edge does it: the refusal is caught inside the unit of work.
        with transaction() as unit, pytest.raises(BadCredentials):
            sign_in(unit, password="wrong password")

    until = session.scalars(
        select(WrongSignIn.locked_until).where(WrongSignIn.locked_until.is_not(None))
    ).one()
    assert until is not None
    assert until - clock.now() > LOCK - timedelta(minutes=1)
    with transaction() as unit, pytest.raises(LockedOut):
        sign_in(unit)


def test_a_lock_ends_and_five_more_tries_are_given(session: Session, lina: int) -> None:
    for _ in range(WRONG_PASSWORDS):
        fail_to_sign_in(session)
    past = clock.now() - timedelta(seconds=1)
    session.execute(
        update(WrongSignIn).where(WrongSignIn.locked_until.is_not(None)).values(locked_until=past)
    )

    for _ in range(WRONG_PASSWORDS - 1):
        assert isinstance(fail_to_sign_in(session), BadCredentials)
    assert accounts.staff_member(session, sign_in(session)) is not None


def test_trying_while_locked_does_not_make_the_lock_longer(session: Session, lina: int) -> None:
    def locks() -> set[object]:
        return set(session.scalars(select(WrongSignIn.locked_until)).all())

    for _ in range(WRONG_PASSWORDS):
        fail_to_sign_in(session)
    before = locks()

    for _ in range(3):
        assert isinstance(fail_to_sign_in(session), LockedOut)

    assert locks() == before


def test_a_right_password_forgives_the_wrong_ones(session: Session, lina: int) -> None:
    for _ in range(3):
        for _ in range(WRONG_PASSWORDS - 1):
            assert isinstance(fail_to_sign_in(session), BadCredentials)
        sign_in(session)


def test_a_lock_of_one_does_not_lock_another(session: Session, lina: int) -> None:
    session.add(Staff(username="wang.wei", name="王伟", role="dispatcher", password_hash=_HASH))
    for _ in range(WRONG_PASSWORDS):
        fail_to_sign_in(session)

    assert sign_in(session, "wang.wei")


def test_a_closed_account_is_refused_like_a_wrong_password(session: Session, lina: int) -> None:
    session.execute(update(Staff).where(Staff.id == lina).values(is_active=False))

    assert isinstance(fail_to_sign_in(session, password=PASSWORD), BadCredentials)


def test_closing_an_account_ends_its_sessions(session: Session, lina: int) -> None:
    token = sign_in(session)
    session.execute(update(Staff).where(Staff.id == lina).values(is_active=False))

    assert accounts.staff_member(session, token) is None


def test_a_session_ends_when_its_owner_signs_out(session: Session, lina: int) -> None:
    token, other = sign_in(session), sign_in(session)

    accounts.sign_out(session, token)
    accounts.sign_out(session, token)

    assert accounts.staff_member(session, token) is None
    assert accounts.staff_member(session, other) is not None  # on another computer


def test_a_session_ends_by_itself(session: Session, lina: int) -> None:
    token = sign_in(session)
    ends = session.scalars(select(StaffSession.expires_at)).one()
    assert abs(ends - clock.now() - timedelta(hours=12)) < timedelta(minutes=1)

    session.execute(update(StaffSession).values(expires_at=clock.now()))

    assert accounts.staff_member(session, token) is None


def test_sessions_that_ended_are_swept_at_the_next_sign_in(session: Session, lina: int) -> None:
    sign_in(session)
    session.execute(update(StaffSession).values(expires_at=clock.now() - timedelta(seconds=1)))

    sign_in(session)

    assert len(session.scalars(select(StaffSession)).all()) == 1


def test_the_table_of_sessions_opens_no_door(session: Session, lina: int) -> None:
    token = sign_in(session)
    session.flush()

    row = session.execute(select(StaffSession.__table__)).one()
    assert token not in repr(tuple(row))
    assert row.token_hash == hashlib.sha256(token.encode()).digest()
    assert len(token) >= 43  # 32 random bytes
    assert accounts.staff_member(session, row.token_hash.hex()) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "令牌", "\0"])
def test_a_token_that_nobody_was_given_opens_nothing(
    session: Session, lina: int, token: str
) -> None:
    sign_in(session)

    assert accounts.staff_member(session, token) is None


def test_no_two_tokens_are_alike(session: Session, lina: int) -> None:
    assert len({sign_in(session) for _ in range(3)}) == 3


def create(session: Session, **changed: str) -> int:
    values = {"username": "zhao.min", "name": "赵敏", "password": PASSWORD} | changed
    return accounts.create_staff(
        session,
        role=Role.DISPATCHER,
        username=values["username"],
        name=values["name"],
        password=values["password"],
    )


def test_a_new_member_of_staff_can_sign_in(session: Session) -> None:
    made = create(session, username=" Zhao.Min ")

    member = accounts.staff_member(session, sign_in(session, "zhao.min"))

    assert member == accounts.StaffMember(made, "zhao.min", "赵敏", Role.DISPATCHER)


def test_the_password_is_kept_as_an_argon2id_hash_only(session: Session) -> None:
    made = create(session)

    kept = session.get_one(Staff, made).password_hash
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_a_name_that_is_taken_is_refused_and_changes_nothing(session: Session, lina: int) -> None:
    with pytest.raises(UsernameTaken):
        create(session, username="LI.NA", name="别人", password="another password")

    assert session.get_one(Staff, lina).name == "李娜"
    assert sign_in(session)


def test_a_bad_name_or_password_makes_nobody(session: Session) -> None:
    with pytest.raises(BadUsername):
        create(session, username="赵敏")
    with pytest.raises(WeakPassword):
        create(session, password="short")

    assert session.scalars(select(Staff)).all() == []


@pytest.mark.parametrize(
    ("name", "shown"), [("", "zhao.min"), ("   ", "zhao.min"), ("赵" * 50, "赵" * 40)]
)
def test_a_missing_or_long_name_is_made_to_fit(session: Session, name: str, shown: str) -> None:
    made = create(session, username="   ZHAO.MIN   ", name=name)

    assert session.get_one(Staff, made).name == shown


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"role": "king"}, "ck_accounts_staff_role"),
        ({"username": "Li.Na"}, "ck_accounts_staff_username_lower"),
        ({"name": ""}, "ck_accounts_staff_name_length"),
        ({"name": "娜" * 41}, "ck_accounts_staff_name_length"),
    ],
)
def test_the_database_refuses_what_nobody_can_be(
    session: Session, lina: int, change: dict[str, str], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        session.execute(update(Staff).where(Staff.id == lina).values(**change))


def test_names_are_found_by_their_ids(session: Session, lina: int) -> None:
    assert accounts.staff_names(session, [lina, lina, 10**9]) == {lina: "李娜"}
    assert accounts.staff_names(session, []) == {}


def test_staff_of_a_body_belong_to_one(session: Session) -> None:
    body_id = a_body(session)

    def add(body_id: int | None) -> int:
        return accounts.create_staff(
            session,
            username="wu.gang",
            name="吴刚",
            password=PASSWORD,
            role=Role.BODY_STAFF,
            body_id=body_id,
        )

    with pytest.raises(BodyRequired):
        add(None)
    add(body_id)

    member = accounts.staff_member(session, sign_in(session, "wu.gang"))
    assert member is not None
    assert member.body_id == body_id
