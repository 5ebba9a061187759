"""Options of `python -m simulator`, each of which may come from the environment instead.

Secrets had better come from there: a command line can be read by everyone on the machine.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from .crypto import BadKey, MessageCipher
from .envelope import MODES, Mode


class BadConfig(Exception):
    """One sentence for whoever starts the simulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    data_dir: Path
    callback_url: str
    app_id: str
    app_secret: str
    token: str
    aes_key: str
    port: int = 8001
    mode: Mode = "secure"
    template_id: str = ""
    subscription_id: str = ""
    subscription_kind: str = "once"
    account_name: str = "百姓城管"
    deadline_s: float = 5.0
    retry_pause_s: float = 0.3
    # Whether a retry is the same envelope or a fresh one is not documented: fresh, unless said.
    retries_same: bool = False

    @property
    def account(self) -> str:
        """Return the account's original id, gh_…, which a real account is simply given."""
        return "gh_" + sha256(self.app_id.encode()).hexdigest()[:12]

    def on_port(self, port: int) -> "Config":
        return replace(self, port=port)

    def cipher(self) -> MessageCipher:
        try:
            return MessageCipher(token=self.token, aes_key=self.aes_key, app_id=self.app_id)
        except BadKey as error:
            raise BadConfig(f"{error}。") from error


# option, environment variable, default, explanation
_OPTIONS = (
    ("port", "SIM_PORT", "8001", "port on 127.0.0.1"),
    ("data-dir", "SIM_DATA_DIR", None, "folder for everything the platform remembers"),
    ("callback-url", "SIM_CALLBACK_URL", "http://127.0.0.1:8000/wechat", "the account's server"),
    ("app-id", "BAIXING_WECHAT_APP_ID", None, "AppID"),
    ("app-secret", "BAIXING_WECHAT_APP_SECRET", None, "AppSecret"),
    ("token", "BAIXING_WECHAT_TOKEN", None, "token of the callback"),
    ("aes-key", "BAIXING_WECHAT_AES_KEY", None, "EncodingAESKey, 43 characters"),
    ("template-id", "BAIXING_WECHAT_TEMPLATE_ID", "", "a template that the account has"),
    (
        "subscription-id",
        "BAIXING_WECHAT_SUBSCRIPTION_TEMPLATE_ID",
        "",
        "a subscription notice that the account has",
    ),
    (
        "subscription-kind",
        "BAIXING_WECHAT_SUBSCRIPTION_KIND",
        "once",
        "what a consent to it is good for: once or lasting",
    ),
    ("retries", "SIM_RETRIES", "fresh", "a repeated delivery's envelope: fresh or same"),
    ("mode", "SIM_MODE", "secure", "secure, compatible or plaintext"),
    ("account-name", "SIM_ACCOUNT_NAME", "百姓城管", "the name on the phones"),
    ("deadline", "SIM_DEADLINE_S", "5", "seconds an answer may take"),
    ("retry-pause", "SIM_RETRY_PAUSE_S", "0.3", "seconds before a failed delivery is repeated"),
)


def read(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration, or raise BadConfig with one sentence."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    for option, variable, default, explanation in _OPTIONS:
        parser.add_argument(
            f"--{option}",
            default=environment.get(variable, default),
            help=f"{explanation} ({variable})",
        )
    given = vars(parser.parse_args(arguments))
    for option, variable, default, _ in _OPTIONS:
        if default is None and not given[option.replace("-", "_")]:
            raise BadConfig(f"缺少 --{option}（或环境变量 {variable}）。")
    if given["mode"] not in MODES:
        raise BadConfig("--mode 只能是 secure、compatible 或 plaintext。")
    if given["subscription_kind"] not in ("once", "lasting"):
        raise BadConfig("--subscription-kind 只能是 once 或 lasting。")
    if given["retries"] not in ("fresh", "same"):
        raise BadConfig("--retries 只能是 fresh 或 same。")
    address = urlsplit(given["callback_url"])
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadConfig("--callback-url 应为 http:// 或 https:// 开头的网址。")
    config = Config(
        data_dir=Path(given["data_dir"]),
        callback_url=given["callback_url"],
        app_id=given["app_id"],
        app_secret=given["app_secret"],
        token=given["token"],
        aes_key=given["aes_key"],
        port=int(_number("port", given["port"])),
        mode=given["mode"],
        template_id=given["template_id"],
        subscription_id=given["subscription_id"],
        subscription_kind=given["subscription_kind"],
        retries_same=given["retries"] == "same",
        account_name=given["account_name"],
        deadline_s=_number("deadline", given["deadline"]),
        retry_pause_s=_number("retry-pause", given["retry_pause"]),
    )
    config.cipher()
    return config


def _number(option: str, given: str) -> float:
    try:
        number = float(given)
    except ValueError as error:
        raise BadConfig(f"--{option} 应为数字。") from error
    if not 0 <= number <= 65535:
        raise BadConfig(f"--{option} 超出范围。")
    return number
