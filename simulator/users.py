"""The people with phones, as this one account knows them."""

import secrets
from dataclasses import dataclass

from .clock import Clock
from .errors import BadCall
from .store import Store


@dataclass(frozen=True, slots=True)
class User:
    openid: str
    name: str
    follows: bool
    followed_at: float | None
    scene: str | None
    blocks_notices: bool
    heard_at: float | None  # last interaction: typing may be shown for 30 s after it
    typing_until: float | None
    oauth: str  # what the phone does when a page asks who it is: grant, refuse or ask


class Users:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, name: str | None) -> User:
        openid = "o" + secrets.token_urlsafe(21)[:27]
        count = self._store.one("SELECT count(*) AS n FROM users")
        number = 1 if count is None else int(count["n"]) + 1
        self._store.run(
            "INSERT INTO users (openid, name, follows, created_at) VALUES (?, ?, 0, ?)",
            openid,
            name or f"手机 {number}",
            self._clock.now(),
        )
        return self.get(openid)

    def find(self, openid: str) -> User | None:
        row = self._store.one(
            "SELECT openid, name, follows, followed_at, scene, blocks_notices, heard_at,"
            " typing_until, oauth FROM users WHERE openid = ?",
            openid,
        )
        if row is None:
            return None
        return User(
            openid=row["openid"],
            name=row["name"],
            follows=bool(row["follows"]),
            followed_at=row["followed_at"],
            scene=row["scene"],
            blocks_notices=bool(row["blocks_notices"]),
            heard_at=row["heard_at"],
            typing_until=row["typing_until"],
            oauth=row["oauth"],
        )

    def get(self, openid: str) -> User:
        user = self.find(openid)
        if user is None:
            raise BadCall("unknown_user", "没有这部手机。", 404)
        return user

    def follower(self, openid: str) -> User:
        user = self.get(openid)
        if not user.follows:
            raise BadCall("not_following", "请先关注公众号。", 409)
        return user

    def all(self) -> list[User]:
        rows = self._store.all("SELECT openid FROM users ORDER BY created_at, rowid")
        return [self.get(row["openid"]) for row in rows]

    def follow(self, openid: str, scene: str | None) -> None:
        self._store.run(
            "UPDATE users SET follows = 1, followed_at = ?, scene = ? WHERE openid = ?",
            self._clock.now(),
            scene,
            openid,
        )

    def unfollow(self, openid: str) -> None:
        self._store.run("UPDATE users SET follows = 0 WHERE openid = ?", openid)

    def block_notices(self, openid: str, *, blocks: bool) -> None:
        self._store.run("UPDATE users SET blocks_notices = ? WHERE openid = ?", int(blocks), openid)

    def answer_oauth(self, openid: str, answer: str) -> None:
        self._store.run("UPDATE users SET oauth = ? WHERE openid = ?", answer, openid)

    def heard(self, openid: str) -> None:
        self._store.run("UPDATE users SET heard_at = ? WHERE openid = ?", self._clock.now(), openid)

    def typing(self, openid: str, until: float | None) -> None:
        self._store.run("UPDATE users SET typing_until = ? WHERE openid = ?", until, openid)
