"""The simulator as the account's platform: a real server in this process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from simulator.config import Config
from simulator.server import running
from tests.conftest import AES_KEY
from wechat.client import Client
from wechat.tokens import TokenSource

APP_ID = "wx0123456789abcdef"
SECRET = "app-secret-of-the-tests"
NOTICE, CONSENTED = "template-1", "subscription-1"


class Sim:
    """A platform to call and to order about."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        return self._call("POST", path, body)

    def get(self, path: str) -> dict[str, Any]:
        return self._call("GET", path, None)

    def phone(self, name: str = "手机") -> str:
        """Take a phone that follows, and whose following no window is left of."""
        return str(self.post("users?wait=0", {"name": name, "follow": False})["openid"])

    def shown(self, openid: str) -> list[dict[str, Any]]:
        messages = self.get(f"users/{openid}/screen")["messages"]
        return [message for message in messages if message["sender"] == "account"]

    def fault(self, endpoint: str, kind: str, **more: object) -> None:
        self.post("faults", {"endpoint": endpoint, "kind": kind, **more})

    def client(self, name: str) -> Client:
        return Client(
            app_id=APP_ID,
            app_secret=SECRET,
            api_base=self.url,
            tokens=TokenSource(f"access:{name}"),
            tickets=TokenSource(f"ticket:{name}"),
        )

    def _call(self, method: str, path: str, body: Mapping[str, object] | None) -> dict[str, Any]:
        answer = requests.request(
            method,
            f"{self.url}/__sim__/{path}",
            json=body,
            headers={"X-Simulator": "1"},
            timeout=20,
        )
        assert answer.ok, answer.text
        read: dict[str, Any] = answer.json()
        return read


@contextmanager
def platform(folder: Path, *, callback_url: str = "http://city.test/wechat") -> Iterator[Sim]:
    config = Config(
        data_dir=folder,
        callback_url=callback_url,
        app_id=APP_ID,
        app_secret=SECRET,
        token="token-of-the-tests",
        aes_key=AES_KEY,
        template_id=NOTICE,
        subscription_id=CONSENTED,
        port=0,
        deadline_s=0.5,
        retry_pause_s=0.01,
    )
    with running(config) as url:
        yield Sim(url)
