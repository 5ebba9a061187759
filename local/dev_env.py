"""`dev.env`: what `make run` chose for secrets and sign-ins, and where things are.

`KEY=VALUE` lines. A value that is there stays, unless it is an address of this run; a line that
we do not know stays too, so that more settings can be added by hand.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

HEADING = """\
# 由 make run 生成：本机试用的密钥与帐号。地址每次启动时更新，其余的值不会改动；
# 可以自己加行（名称见 .env.example）。这里没有写的 BAIXING_ 变量在 make run 里不起作用。
"""


def _aes_key() -> str:
    """Draw 32 bytes until their base64 is 43 letters and digits, as the platform writes them."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        if key.isalnum():
            return key


CHOSEN: Mapping[str, Callable[[], str]] = {
    "BAIXING_SECRET_KEY": lambda: secrets.token_urlsafe(32),
    "BAIXING_WECHAT_APP_ID": lambda: "wx" + secrets.token_hex(8),
    "BAIXING_WECHAT_APP_SECRET": lambda: secrets.token_hex(16),
    "BAIXING_WECHAT_TOKEN": lambda: secrets.token_hex(16),
    "BAIXING_WECHAT_AES_KEY": _aes_key,
    "BAIXING_WECHAT_TEMPLATE_ID": lambda: secrets.token_urlsafe(32),
    "BAIXING_WECHAT_SUBSCRIPTION_TEMPLATE_ID": lambda: secrets.token_urlsafe(32),
    "BAIXING_COOKIE_SECURE": lambda: "false",
    "BAIXING_IS_DEMO": lambda: "true",
    "BAIXING_DEV_STAFF_USER": lambda: "admin",
    "BAIXING_DEV_STAFF_PASSWORD": lambda: secrets.token_urlsafe(9),
    "BAIXING_DEV_OPEN311_KEY": lambda: secrets.token_urlsafe(24),
}


def refresh(path: Path, addresses: Mapping[str, str]) -> dict[str, str]:
    """Bring the file up to date and return all its settings; only its owner may read it."""
    old = path.read_text(encoding="utf-8").splitlines() if path.exists() else HEADING.splitlines()
    known = dict(_parsed(old))
    chosen = {name: choose() for name, choose in CHOSEN.items() if not known.get(name)}
    changes = {**chosen, **addresses}
    lines = [_updated(line, changes) for line in old]
    lines += [f"{name}={value}" for name, value in changes.items() if name not in known]
    _replace(path, "\n".join(lines) + "\n")
    return {**known, **changes}


def _parsed(lines: list[str]) -> list[tuple[str, str]]:
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return [(name.strip(), value.strip()) for name, value in pairs]


def _updated(line: str, changes: Mapping[str, str]) -> str:
    name = line.split("=", 1)[0].strip()
    return f"{name}={changes[name]}" if "=" in line and name in changes else line


def _replace(path: Path, text: str) -> None:
    """Write all of it or nothing: a full disk must not cost the secrets."""
    unfinished = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        unfinished.unlink()
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
