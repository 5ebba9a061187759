import base64
from pathlib import Path

import pytest

from local import dev_env

ADDRESSES = {"BAIXING_PUBLIC_URL": "http://127.0.0.1:8000"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dev.env"


def test_secrets_are_chosen_once(path: Path) -> None:
    first = dev_env.refresh(path, ADDRESSES)
    again = dev_env.refresh(path, ADDRESSES)
    assert again == first
    assert set(dev_env.CHOSEN) | set(ADDRESSES) == set(first)


def test_addresses_follow_the_run(path: Path) -> None:
    first = dev_env.refresh(path, ADDRESSES)
    moved = dev_env.refresh(path, {"BAIXING_PUBLIC_URL": "http://127.0.0.1:9000"})
    assert moved == first | {"BAIXING_PUBLIC_URL": "http://127.0.0.1:9000"}
    assert path.read_text(encoding="utf-8").count("BAIXING_PUBLIC_URL=") == 1


def test_what_was_added_by_hand_stays(path: Path) -> None:
    dev_env.refresh(path, ADDRESSES)
    with path.open("a", encoding="utf-8") as file:
        file.write("# 我的设置\nBAIXING_DISTRICT_NAME=渝中区 = 试用\n")
    settings = dev_env.refresh(path, ADDRESSES)
    assert settings["BAIXING_DISTRICT_NAME"] == "渝中区 = 试用"
    assert "# 我的设置\n" in path.read_text(encoding="utf-8")


def test_a_secret_set_by_hand_stays_and_an_emptied_one_is_chosen_anew(path: Path) -> None:
    path.write_text("BAIXING_WECHAT_TOKEN=mine\nBAIXING_SECRET_KEY=\n", encoding="utf-8")
    settings = dev_env.refresh(path, ADDRESSES)
    assert settings["BAIXING_WECHAT_TOKEN"] == "mine"
    assert len(settings["BAIXING_SECRET_KEY"]) >= 32
    assert path.read_text(encoding="utf-8").count("BAIXING_SECRET_KEY=") == 1


def test_only_its_owner_may_read_it(path: Path) -> None:
    path.write_text("BAIXING_WECHAT_TOKEN=mine\n")
    path.chmod(0o644)
    dev_env.refresh(path, ADDRESSES)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_interrupted_rewrite_is_repeated(path: Path) -> None:
    first = dev_env.refresh(path, ADDRESSES)
    path.with_name("dev.env.new").write_text("half of it")
    assert dev_env.refresh(path, ADDRESSES) == first


def test_keys_have_the_platforms_form() -> None:
    for _ in range(20):
        key = dev_env.CHOSEN["BAIXING_WECHAT_AES_KEY"]()
        assert len(key) == 43
        assert key.isalnum()
        assert len(base64.b64decode(key + "=", validate=True)) == 32
    app_id = dev_env.CHOSEN["BAIXING_WECHAT_APP_ID"]()
    assert app_id.startswith("wx")
    assert len(bytes.fromhex(app_id[2:])) == 8
