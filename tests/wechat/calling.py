"""Clients for tests, and what becomes of their calls."""

from collections.abc import Callable

import pytest

from wechat.client import Client, PlatformError
from wechat.tokens import TokenSource

OPENID = "oAbCdEfGhIjKlMnOpQrStUvWxYz0"
SECRET = "0123456789abcdefAPPSECRETabcdef0"
SEND = "message/custom/send"


def client_of(address: str, name: str, **patience: float) -> Client:
    return Client(
        app_id="wx0123456789abcdef",
        app_secret=SECRET,
        api_base=address,
        tokens=TokenSource(name),
        tickets=TokenSource(f"{name}:ticket"),
        **patience,
    )


def failure_of(call: Callable[[], object]) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        call()
    return caught.value


def failure_of_sending(wechat: Client) -> PlatformError:
    return failure_of(lambda: wechat.send_text(OPENID, "您好"))
