"""PostgreSQL refuses to run as root: as whom it runs then, and what that account must reach."""

import os
import pwd
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .errors import Refused
from .processes import Account


def account_for(data_dir: Path) -> Account | None:
    """Choose as whom root runs the server: the data's owner if there is data already."""
    if os.geteuid() != 0:
        return None
    if data_dir.exists() and (found := data_dir.stat()).st_uid != 0:
        with suppress(KeyError):
            return Account(found.st_uid, found.st_gid, pwd.getpwuid(found.st_uid).pw_name)
        return Account(found.st_uid, found.st_gid, str(found.st_uid))
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, name)
    raise Refused("PostgreSQL 不能以 root 运行，这台机器上也没有用户 nobody：请换普通用户执行。")


def give(path: Path, account: Account | None) -> None:
    if account is None:
        return
    try:
        os.chown(path, account.uid, account.gid)
    except OSError as error:
        raise Refused(
            f"不能以用户 {account.name} 运行 PostgreSQL（{error.strerror}）：请换普通用户执行。"
        ) from error


def let_pass(folder: Path, account: Account | None, say: Callable[[str], None]) -> None:
    """Let the account pass through (not list) this folder of ours and those above it.

    `say` hears about those above, because they are not ours.
    """
    if account is None:
        return
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if mode & stat.S_IXOTH:
            continue
        try:
            step.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
        except OSError as error:
            raise Refused(f"用户 {account.name} 进不了 {step}：请换一个 DATA_DIR。") from error
        if step != folder:
            say(f"已允许其他用户穿过（不能列出）{step}：PostgreSQL 要以 {account.name} 运行")


def let_read(folder: Path, account: Account | None) -> None:
    """Let the account read what is in a folder, also where root's umask hides new files."""
    if account is None:
        return
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(wanted))
