"""A resident's phone for tests: drives the simulator and reads the screen.

Every method that sends something returns when the platform has delivered it (or given up), so a
passive reply is on the screen by then; what the account sends later is waited for with `waits_for`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import requests

TIMEOUT_S = 60  # three deliveries of five seconds, and some behind them in the queue
_HEADERS = {"X-Simulator": "1"}


class PhoneError(AssertionError):
    """The simulator refused, or what was waited for did not come."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message on the screen; `via` tells how the account sent it, None for everyone else."""

    id: int
    time: float
    sender: Literal["resident", "account", "system"]
    kind: str
    text: str
    url: str | None
    via: Literal["passive", "custom", "template", "subscription"] | None
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a push; `verdict`: silent, shown, ignored, fault, no_answer or pending."""

    push_id: int
    verdict: str
    reason: str | None
    reply: str | None
    attempts: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Phone:
    sim_url: str
    openid: str
    delivery: Delivery  # of the last thing done
    _read_up_to: int = field(default=0, repr=False)

    @classmethod
    def follow(cls, sim_url: str, *, name: str | None = None, scene: str | None = None) -> Self:
        """Take a new phone and follow the account with it."""
        about = {"name": name, "scene": scene}
        body = _post(f"{sim_url}/__sim__/users", json=about)
        return cls(sim_url, body["openid"], _delivery(body))

    def says(self, text: str, *, menu_id: str | None = None) -> Self:
        return self._does("text", json={"text": text, "menu_id": menu_id})

    def sends_photo(self, photo: bytes | Path, *, unchecked: bool = False) -> Self:
        """Send JPEG or PNG; `unchecked` sends whatever bytes there are."""
        data = photo.read_bytes() if isinstance(photo, Path) else photo
        return self._does("photo?unchecked=1" if unchecked else "photo", data=data)

    def sends_place(self, lat: float, lng: float, label: str = "") -> Self:
        """Send a place, in GCJ-02 as the map of a phone in China has it."""
        return self._does("location", json={"lat": lat, "lng": lng, "label": label})

    def taps(self, key: str) -> Self:
        """Tap the menu's button with this key."""
        return self._does("click", json={"key": key})

    def unfollows(self) -> Self:
        return self._does("unfollow", json={})

    def follows_again(self) -> Self:
        return self._does("follow", json={})

    def screen(self) -> list[Message]:
        """Read everything that the phone shows, both directions, oldest first."""
        body = _read(requests.get(f"{self._url}/screen", timeout=TIMEOUT_S))
        return [_message(message) for message in body["messages"]]

    def heard(self) -> list[Message]:
        """Read what the account sent, without the resident's own and the platform's notices."""
        return [message for message in self.screen() if message.sender == "account"]

    def waits_for(self, text_fragment: str, *, timeout: float = 20.0) -> Message:
        """Return the account's next message with these words, after the one last waited for."""
        deadline = time.monotonic() + timeout
        while True:
            for message in self.heard():
                if message.id > self._read_up_to and text_fragment in message.text:
                    self._read_up_to = message.id
                    return message
            if time.monotonic() >= deadline:
                shown = "\n".join(f"  {each.sender}: {each.text!r}" for each in self.screen())
                raise PhoneError(f"no {text_fragment!r} within {timeout} s; the screen:\n{shown}")
            time.sleep(0.1)

    def links(self) -> list[str]:
        """List the addresses in the account's messages, oldest first."""
        return [link for message in self.heard() for link in message.links]

    @property
    def _url(self) -> str:
        return f"{self.sim_url}/__sim__/users/{self.openid}"

    def _does(self, path: str, **content: Any) -> Self:  # noqa: ANN401 - handed on to requests
        self.delivery = _delivery(_post(f"{self._url}/{path}", **content))
        return self


def _post(url: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401 - handed on to requests
    return _read(requests.post(url, headers=_HEADERS, timeout=TIMEOUT_S, **content))


def _read(response: requests.Response) -> dict[str, Any]:
    if not response.ok:
        raise PhoneError(f"{response.request.url}: {response.status_code} {response.text}")
    body: dict[str, Any] = response.json()
    return body


def _delivery(body: Mapping[str, Any]) -> Delivery:
    return Delivery(
        push_id=body["push_id"],
        verdict=body["verdict"],
        reason=body.get("reason"),
        reply=body.get("reply"),
        attempts=tuple(body.get("attempts", ())),
    )


def _message(body: Mapping[str, Any]) -> Message:
    return Message(
        id=body["id"],
        time=body["time"],
        sender=body["sender"],
        kind=body["kind"],
        text=body["text"],
        url=body["url"],
        via=body["via"],
        links=tuple(body["links"]),
    )
