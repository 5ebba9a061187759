"""Many codes' modules at once.

The `qrcode` library makes each matrix with the first mask. It would spend nine tenths of its time
on making and judging the seven others; we know what they look like, because changing the mask
flips the same modules whatever the code says, and judge all eight together.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import qrcode
from numpy.typing import NDArray
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q

from .spec import MODULES, Level

Matrices = NDArray[np.bool_]

_LEVELS = {"H": ERROR_CORRECT_H, "Q": ERROR_CORRECT_Q, "M": ERROR_CORRECT_M}
_VERSION = (MODULES - 17) // 4
_AT_ONCE = 64
# ISO/IEC 18004, table 11: what looks like a finder pattern beside four light modules.
_LIKE_A_FINDER = np.array(
    [[1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1]], dtype=np.bool_
)


def matrices(texts: Sequence[str], level: Level) -> Matrices:
    """Return the dark modules of each text's code, texts × 29 × 29, without quiet zone.

    The texts must fit: see `spec.level_for`.
    """
    made = np.empty((len(texts), MODULES, MODULES), dtype=np.bool_)
    for start in range(0, len(texts), _AT_ONCE):
        some = np.array([masked(text, level, 0) for text in texts[start : start + _AT_ONCE]])
        candidates = some[:, None] ^ _flips(level)
        best = penalties(candidates).argmin(axis=1)
        made[start : start + len(some)] = candidates[np.arange(len(some)), best]
    return made


def masked(text: str, level: Level, mask: int) -> Matrices:
    """Return what the library makes of a text with this mask, 29 × 29."""
    code = qrcode.QRCode(
        version=_VERSION, error_correction=_LEVELS[level], border=0, mask_pattern=mask
    )
    code.add_data(text, optimize=0)
    code.make(fit=False)
    return np.array(code.get_matrix(), dtype=np.bool_)


def penalties(codes: Matrices) -> NDArray[np.int64]:
    """Judge matrices (… × 29 × 29) by the four features of ISO/IEC 18004, 7.8.3.1."""
    sideways = codes.swapaxes(-1, -2)
    return (
        _long_runs(codes)
        + _long_runs(sideways)
        + _blocks(codes)
        + _finders(codes)
        + _finders(sideways)
        + _imbalance(codes)
    )


@lru_cache
def _flips(level: Level) -> Matrices:
    """Return which modules differ between the first mask and each: 8 × 29 × 29."""
    text = "https://q.example.cn"
    first = masked(text, level, 0)
    return np.array([masked(text, level, mask) ^ first for mask in range(8)])


def _long_runs(codes: Matrices) -> NDArray[np.int64]:
    # A run of n ≥ 5 costs n - 2: 3 where five alike first end, 1 for each further one.
    alike = codes[..., 1:] == codes[..., :-1]
    five = alike[..., 3:] & alike[..., 2:-1] & alike[..., 1:-2] & alike[..., :-3]
    goes_on = five[..., 1:] & five[..., :-1]
    return 3 * _count(five) - 2 * _count(goes_on)


def _blocks(codes: Matrices) -> NDArray[np.int64]:
    alike = codes[..., 1:] == codes[..., :-1]
    square = alike[..., 1:, :] & alike[..., :-1, :] & (codes[..., 1:, 1:] == codes[..., :-1, 1:])
    return 3 * _count(square)


def _finders(codes: Matrices) -> NDArray[np.int64]:
    windows = MODULES - len(_LIKE_A_FINDER[0]) + 1
    found = np.zeros(codes.shape[:-2], dtype=np.int64)
    for pattern in _LIKE_A_FINDER:
        like = np.ones((*codes.shape[:-1], windows), dtype=np.bool_)
        for at, is_dark in enumerate(pattern):
            like &= codes[..., at : at + windows] == is_dark
        found += _count(like)
    return 40 * found


def _imbalance(codes: Matrices) -> NDArray[np.int64]:
    share = codes.mean(axis=(-2, -1))
    steps: NDArray[np.int64] = (np.abs(share * 100 - 50) // 5).astype(np.int64)
    return 10 * steps


def _count(flags: Matrices) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = flags.sum(axis=(-2, -1))
    return counted
