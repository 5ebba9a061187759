"""Our side of the callback, as the tests knock at it."""

from typing import cast

import pytest

from tests.wechat.sealing import AES_KEY, APP_ID, NOW, TOKEN
from wechat.codec import Codec, Mode
from wechat.errors import Forged, Malformed


def new_codec(
    *,
    token: str | None = TOKEN,
    app_id: str | None = APP_ID,
    aes_key: str | None = AES_KEY,
    mode: str = "secure",
    window_s: int = 600,
) -> Codec:
    return Codec(
        token=cast("str", token),  # a missing environment variable keeps no promise
        app_id=cast("str", app_id),
        aes_key=cast("str", aes_key),
        mode=cast("Mode", mode),
        window_s=window_s,
    )


def refusal(codec: Codec, parameters: dict[str, list[str]], body: bytes) -> tuple[type, str]:
    with pytest.raises((Malformed, Forged)) as caught:
        codec.decode(parameters, body, now=NOW)
    error = caught.value
    assert isinstance(error, Malformed | Forged)
    return type(error), error.reason
