"""A resident's short number: twelve digits that he can read out, and nobody can count through.

A keyed Feistel network turns an id into digits and back. Most numbers stand for nobody, so that a
mistyped one finds no stranger.
"""

from .keys import Keys

_HALF = 10**6
_ROUNDS = 8
_MOST = 10**9  # ids; of a million numbers a thousand stand for somebody at most


def reference_of(citizen_id: int, keys: Keys) -> str:
    """Return the number in three groups: 4821-0937-5512."""
    if not 0 <= citizen_id < _MOST:
        raise ValueError("no reference for such an id")
    left, right = divmod(citizen_id, _HALF)
    for turn in range(_ROUNDS):
        left, right = right, (left + _mix(keys, turn, right)) % _HALF
    digits = f"{left:06}{right:06}"
    return "-".join(digits[start : start + 4] for start in (0, 4, 8))


def citizen_of(typed: str, keys: Keys) -> int | None:
    """Return whose number was typed, with whatever stands between the digits, or None."""
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdecimal())
    if len(digits) != 12:
        return None
    left, right = int(digits[:6]), int(digits[6:])
    for turn in reversed(range(_ROUNDS)):
        left, right = (right - _mix(keys, turn, left)) % _HALF, left
    citizen_id = left * _HALF + right
    return citizen_id if 0 < citizen_id < _MOST else None


def _mix(keys: Keys, turn: int, half: int) -> int:
    return int.from_bytes(keys.mac("reference", str(turn), str(half))[:8], "big") % _HALF
