"""What the platform remembers when it is started again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import requests

from simulator.config import Config
from simulator.server import running
from tests.phones import Phone

from .account import APP_ID, APP_SECRET, Account, passive, text

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 200
ACCOUNT = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
MENU = {"button": [{"type": "click", "name": "help", "key": "HELP"}]}


def stable_token(platform: str) -> str:
    answer = requests.post(f"{platform}/cgi-bin/stable_token", json=ACCOUNT, timeout=5)
    return str(answer.json()["access_token"])


def test_a_restart_keeps_phones_history_media_tokens_menu_and_windows(
    config: Config, account: Account
) -> None:
    account.answers = lambda received: passive(received, text("收到"))
    with running(config) as platform:
        phone = Phone.follow(platform).sends_photo(PNG)
        media_id = account.messages[-1].leaf("MediaId")
        token = stable_token(platform)
        here = {"access_token": token}
        requests.post(f"{platform}/cgi-bin/menu/create", params=here, json=MENU, timeout=5)
        before = phone.screen()
    with running(config) as platform:
        again = Phone(platform, phone.openid, phone.delivery)
        assert again.screen() == before
        assert stable_token(platform) == token
        media = requests.get(
            f"{platform}/cgi-bin/media/get", params={**here, "media_id": media_id}, timeout=5
        )
        assert media.content == PNG
        assert again.taps("HELP").delivery.verdict == "shown"
        message = {"touser": phone.openid, "msgtype": "text", "text": {"content": "later"}}
        sent = requests.post(
            f"{platform}/cgi-bin/message/custom/send", params=here, json=message, timeout=5
        )
        assert sent.json()["errcode"] == 0


def test_state_of_another_version_is_put_aside(config: Config, account: Account) -> None:
    with running(config) as platform:
        Phone.follow(platform)
    file = Path(config.data_dir) / "simulator.sqlite3"
    set_version(file, 99)
    with running(config) as platform:
        assert requests.get(f"{platform}/__sim__/users", timeout=5).json() == {"items": []}
    assert file.with_suffix(".v99").exists()


def set_version(file: Path, version: int) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"PRAGMA user_version = {version}")
