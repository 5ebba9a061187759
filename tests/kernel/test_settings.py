"""Settings: complete, typed, and silent about secrets."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kernel import settings
from kernel.settings import BadSettings, Settings, load

GOOD = {
    "BAIXING_DATABASE_URL": "postgresql+psycopg://baixing:db-pass-word@db/baixing",
    "BAIXING_SECRET_KEY": "k" * 40,
    "BAIXING_PUBLIC_URL": "https://city.example",
    "BAIXING_BLOB_DIR": "/srv/photos",
    "BAIXING_WECHAT_APP_ID": "wx0123456789abcdef",
    "BAIXING_WECHAT_APP_SECRET": "app-secret-value",
    "BAIXING_WECHAT_TOKEN": "token-value",
    "BAIXING_WECHAT_AES_KEY": "aes-key-value",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give each test a complete environment, and nothing of the machine's own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"BAIXING_{name.upper()}", raising=False)
    for variable, value in GOOD.items():
        monkeypatch.setenv(variable, value)
    return monkeypatch


def fault_of(environment: pytest.MonkeyPatch, variable: str, value: str) -> str:
    environment.setenv(variable, value)
    with pytest.raises(BadSettings) as refusal:
        load()
    return str(refusal.value)


def test_the_environment_makes_settings() -> None:
    made = load()

    assert made.public_url == "https://city.example"
    assert made.blob_dir == Path("/srv/photos")
    assert made.wechat_token.get_secret_value() == "token-value"


def test_without_more_the_broker_is_the_database() -> None:
    assert load().broker == "sqla+" + GOOD["BAIXING_DATABASE_URL"]


def test_a_broker_takes_the_databases_place(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BAIXING_BROKER_URL", "redis://queue")

    assert load().broker == "redis://queue"


@pytest.mark.parametrize("variable", GOOD)
@pytest.mark.parametrize("is_empty", [False, True], ids=["missing", "empty"])
def test_what_has_no_default_is_asked_for_by_name(
    environment: pytest.MonkeyPatch, variable: str, *, is_empty: bool
) -> None:
    if is_empty:
        environment.setenv(variable, "")
    else:
        environment.delenv(variable)

    with pytest.raises(BadSettings) as refusal:
        load()

    assert str(refusal.value) == f"{variable}: Field required"


def test_no_secret_has_a_default_but_those_without_which_a_door_stays_shut() -> None:
    secrets = {
        name for name, field in Settings.model_fields.items() if field.annotation is SecretStr
    }
    free = {name for name in secrets if not Settings.model_fields[name].is_required()}

    assert secrets > {"secret_key", "wechat_app_secret", "wechat_token", "wechat_aes_key"}
    # Without them, /metrics answers this machine only, seals have a key that is made from
    # `secret_key`, no phone credit is ordered, and no other platform hears of cases.
    assert free == {"metrics_token", "seal_keys", "credit_secret", "gateway_secret"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BAIXING_SECRET_KEY", "too-short-a-secret"),
        ("BAIXING_PUBLIC_URL", "city.example-x"),
        ("BAIXING_PUBLIC_URL", "ftp://city.example-x"),
        ("BAIXING_PUBLIC_URL", "https:///"),
        ("BAIXING_PUBLIC_URL", "https:///reports-x"),
        ("BAIXING_PUBLIC_URL", "https://city.example-x/?a=1"),
        ("BAIXING_PUBLIC_URL", "https://user:pass-word@city.example-x"),
        ("BAIXING_PUBLIC_URL", "https://city.example-x /"),
        ("BAIXING_WECHAT_API_BASE", "api.weixin.example"),
        ("BAIXING_WECHAT_MODE", "secure-ish"),
        ("BAIXING_WECHAT_WINDOW_S", "ten minutes"),
        ("BAIXING_WECHAT_WINDOW_S", "29"),
        ("BAIXING_WECHAT_LOCATION_DATUM", "bd09-ll"),
        ("BAIXING_REPORT_PREFIX", "JBQ-x"),
        ("BAIXING_REPORT_PREFIX", "jb"),
        ("BAIXING_SESSION_HOURS", "0.5"),
        ("BAIXING_COOKIE_SECURE", "perhaps"),
        ("BAIXING_LOG_LEVEL", "LOUD"),
        ("BAIXING_TRUSTED_PROXIES", "77"),
    ],
)
def test_a_fault_is_one_line_that_names_the_variable_and_not_its_value(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    text = fault_of(environment, variable, value)

    assert text.startswith(f"{variable}: ")
    assert "\n" not in text
    assert value not in text


def test_all_faults_are_told_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("BAIXING_WECHAT_TOKEN")
    text = fault_of(environment, "BAIXING_SECRET_KEY", "short-secret")

    assert [line.partition(":")[0] for line in text.splitlines()] == [
        "BAIXING_SECRET_KEY",
        "BAIXING_WECHAT_TOKEN",
    ]


def test_a_traceback_of_bad_settings_does_not_quote_the_values(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("BAIXING_SECRET_KEY", "short-secret-value")
    with pytest.raises(BadSettings) as refusal:
        load()

    # pydantic's own error, which quotes them, is not told along.
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize("show", [repr, str])
def test_settings_do_not_show_what_is_secret(show: object) -> None:
    assert callable(show)
    shown = show(load())

    assert "wx0123456789abcdef" in shown  # it does show something
    for secret in ("db-pass-word", "k" * 40, "app-secret-value", "token-value", "aes-key-value"):
        assert secret not in shown


@pytest.mark.parametrize("written", ["https://city.example/", "https://city.example//"])
def test_an_address_has_no_final_slash(environment: pytest.MonkeyPatch, written: str) -> None:
    environment.setenv("BAIXING_PUBLIC_URL", written)

    assert load().public_url == "https://city.example"


def test_an_address_may_have_a_port_and_a_folder(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BAIXING_PUBLIC_URL", "http://127.0.0.1:8000/city")

    assert load().public_url == "http://127.0.0.1:8000/city"


def test_settings_do_not_change_while_the_service_runs() -> None:
    with pytest.raises(ValidationError):
        load().public_url = "https://other.example"


def test_a_process_reads_its_environment_once(environment: pytest.MonkeyPatch) -> None:
    settings.current.cache_clear()
    try:
        first = settings.current()
        environment.setenv("BAIXING_PUBLIC_URL", "https://other.example")
        assert settings.current() is first
    finally:
        settings.current.cache_clear()


@pytest.mark.parametrize(
    "value", ["1:short", "0:" + "s" * 32, "s" * 40, f"1:{'s' * 32},1:{'t' * 32}", "x:" + "s" * 32]
)
def test_keys_of_seals_are_numbered_and_long(environment: pytest.MonkeyPatch, value: str) -> None:
    fault = fault_of(environment, "BAIXING_SEAL_KEYS", value)

    assert fault.startswith("BAIXING_SEAL_KEYS: ")
    assert "s" * 32 not in fault


def test_keys_of_seals_are_known_by_their_numbers(environment: pytest.MonkeyPatch) -> None:
    assert load().seal_keys_by_number == {}

    environment.setenv("BAIXING_SEAL_KEYS", f"2:{'a' * 32},1:{'b' * 31}:")

    assert load().seal_keys_by_number == {1: "b" * 31 + ":", 2: "a" * 32}


def test_a_provider_of_credit_comes_with_a_secret(environment: pytest.MonkeyPatch) -> None:
    fault = fault_of(environment, "BAIXING_CREDIT_URL", "https://credit.example/api/")
    assert fault.startswith("BAIXING_CREDIT_SECRET: ")

    environment.setenv("BAIXING_CREDIT_SECRET", "s" * 32)
    assert load().credit_url == "https://credit.example/api"
