"""A sign as a chat meets it: by the scene of a parametric code, a scanned address, a typed code."""

from dataclasses import dataclass

from kernel import clock

from . import keeper, ports
from .codes import tidy_code
from .directory import Sign
from .ports import KindOfPlace
from .rules import Client

# What a parametric code of WeChat carries for a sign: `sign:4F7K2QX9`, or the code alone.
SCENE = "sign:"


@dataclass(frozen=True, slots=True)
class Told:
    """A sign, what is near it, and for a retired one the nearest sign in use."""

    sign: Sign
    kinds: tuple[KindOfPlace, ...]
    nearest: Sign | None


def code_in(said: str, *, public_url: str) -> str | None:
    """Return the code in a scene, in an address of ours, or as typed; None where there is none."""
    address = f"{public_url}/s/"
    for beginning in (SCENE, address):
        said = said.removeprefix(beginning)
    return tidy_code(said.partition("?")[0].partition("/")[0])


def sign_called(typed: str) -> Sign | None:
    """Return the sign in use whose code somebody typed off its plate; nothing is counted."""
    code = tidy_code(typed)
    sign = keeper.current().directory().get(code) if code else None
    return None if sign is None or sign.is_retired else sign


def scanned(code: str, *, limit: int = 2) -> Told | None:
    """Tell of a sign that was scanned or typed in the chat, and count it; None for an unknown code."""
    kept = keeper.current()
    sign, now = kept.directory().get(code), clock.now()
    if sign is None:
        return None
    kept.counter.add(sign.code, Client.WECHAT, now.timestamp())
    kept.counted()
    if sign.is_retired:
        found = kept.directory().nearest(sign.latitude, sign.longitude)
        return Told(sign, (), found[0] if found else None)
    kinds = ports.places().around(sign.latitude, sign.longitude, limit=limit, now=now)
    return Told(sign, kinds, None)
