"""`.env.example` says every setting: its meaning, its default, and what must be filled in."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from kernel.settings import BadSettings, Settings, load
from tests.conftest import AES_KEY, ROOT

EXAMPLE = ROOT / ".env.example"
SECRETS = {
    "BAIXING_SECRET_KEY": "k" * 48,
    "BAIXING_WECHAT_APP_ID": "wx0123456789abcdef",
    "BAIXING_WECHAT_APP_SECRET": "s" * 32,
    "BAIXING_WECHAT_TOKEN": "t" * 16,
    "BAIXING_WECHAT_AES_KEY": AES_KEY,
}


def lines() -> dict[str, tuple[str, bool]]:
    """Return the variables of the file: {name: (value, whether it is set)}."""
    found = re.findall(r"^(# )?(BAIXING_\w+)=(.*)$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert len({name for _, name, _ in found}) == len(found)
    return {name: (value, not mark) for mark, name, value in found}


def variable(field: str) -> str:
    return f"BAIXING_{field.upper()}"


def test_every_setting_is_there_and_nothing_else() -> None:
    assert set(lines()) == {variable(name) for name in Settings.model_fields}


def test_what_must_be_set_is_set_and_stands_first() -> None:
    names = list(lines())
    required = [variable(n) for n, field in Settings.model_fields.items() if field.is_required()]

    assert {name for name, (_, is_set) in lines().items() if is_set} == set(required)
    assert set(names[: len(required)]) == set(required)


def test_what_may_be_set_shows_its_default() -> None:
    for name, field in Settings.model_fields.items():
        if field.default is PydanticUndefined:
            continue
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert lines()[variable(name)][0] == shown, name


def test_no_secret_is_given_away_and_none_is_ready_to_be_used() -> None:
    secrets = {
        variable(name)
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr
    }

    assert {name: lines()[name][0] for name in secrets} == dict.fromkeys(secrets, "")


@pytest.fixture
def filled_in(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give the environment that the file makes."""
    for name, (value, is_set) in lines().items():
        monkeypatch.delenv(name, raising=False)
        if is_set:
            monkeypatch.setenv(name, value)
    return monkeypatch


def test_as_it_is_the_file_starts_nothing_and_says_what_to_fill_in(
    filled_in: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(BadSettings) as refusal:
        load()

    assert {line.partition(":")[0] for line in str(refusal.value).splitlines()} == set(SECRETS)


def test_filled_in_the_file_makes_settings(filled_in: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        filled_in.setenv(name, value)

    assert load().blob_dir != Path()


def test_a_shell_and_a_service_manager_read_it_alike() -> None:
    for line in EXAMPLE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            # No spaces, quotes or signs that a shell would take for its own.
            assert re.fullmatch(r"BAIXING_[A-Z0-9_]+=[\w:/@.,+?=%-]*", line), line
