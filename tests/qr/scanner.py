"""Reads a QR matrix, to see what a drawing says: level M, versions 1 to 10, ISO/IEC 18004.

Written from the standard and not with the library that draws; it corrects no errors, so that a
single wrong module is noticed.
"""

from collections.abc import Callable
from itertools import product

Matrix = list[list[bool]]

# ISO/IEC 18004, table 9: blocks of level M by version, as data words of each block.
_BLOCKS_M = {
    1: [16],
    2: [28],
    3: [44],
    4: [32] * 2,
    5: [43] * 2,
    6: [27] * 4,
    7: [31] * 4,
    8: [38] * 2 + [39] * 2,
    9: [36] * 3 + [37] * 2,
    10: [43] * 4 + [44],
}
_ALIGNMENT = {
    1: [],
    2: [6, 18],
    3: [6, 22],
    4: [6, 26],
    5: [6, 30],
    6: [6, 34],
    7: [6, 22, 38],
    8: [6, 24, 42],
    9: [6, 26, 46],
    10: [6, 28, 50],
}
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


# By the three bits that name them; table 10.
_MASKS: dict[tuple[bool, ...], Callable[[int, int], bool]] = {
    (False, False, False): lambda y, x: (y + x) % 2 == 0,
    (False, False, True): lambda y, _x: y % 2 == 0,
    (False, True, False): lambda _y, x: x % 3 == 0,
    (False, True, True): lambda y, x: (y + x) % 3 == 0,
    (True, False, False): lambda y, x: (y // 2 + x // 3) % 2 == 0,
    (True, False, True): lambda y, x: y * x % 2 + y * x % 3 == 0,
    (True, True, False): lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    (True, True, True): lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
}


def scanned(matrix: Matrix) -> str:
    """Return the text that the dark modules say."""
    side = len(matrix)
    version = (side - 17) // 4
    words = _words(matrix, version)
    sizes = _BLOCKS_M[version]
    blocks: list[list[int]] = [[] for _ in sizes]
    taken = iter(words)
    for position in range(max(sizes)):
        for block, size in zip(blocks, sizes, strict=True):
            if position < size:
                block.append(next(taken))
    bits = "".join(f"{word:08b}" for block in blocks for word in block)
    return _text(bits, version)


def _words(matrix: Matrix, version: int) -> list[int]:
    side = len(matrix)
    mask = _mask(matrix)
    bits, x, upwards = "", side - 1, True
    while x > 0:
        if x == 6:
            x -= 1  # the timing column
        for step in range(side):
            y = side - 1 - step if upwards else step
            for column in (x, x - 1):
                if not _is_function(y, column, version):
                    bits += str(int(matrix[y][column] ^ mask(y, column)))
        x, upwards = x - 2, not upwards
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)]


def _mask(matrix: Matrix) -> Callable[[int, int], bool]:
    first, second, *rest = (matrix[8][x] for x in range(5))
    assert (first, second) == (True, False), "not level M"
    return _MASKS[tuple(bit ^ flip for bit, flip in zip(rest, (True, False, True), strict=True))]


def _is_function(y: int, x: int, version: int) -> bool:
    side = 17 + 4 * version
    if y == 6 or x == 6:
        return True
    if (y < 9 and x < 9) or (y < 9 and x >= side - 8) or (y >= side - 8 and x < 9):
        return True
    if version >= 7 and ((y < 6 and x >= side - 11) or (x < 6 and y >= side - 11)):
        return True
    centres = product(_ALIGNMENT[version], repeat=2)
    corners = {(6, 6), (6, side - 7), (side - 7, 6)}
    return any(
        abs(y - cy) <= 2 and abs(x - cx) <= 2 for cy, cx in centres if (cy, cx) not in corners
    )


def _text(bits: str, version: int) -> str:
    out, at = b"", 0

    def take(count: int) -> int:
        nonlocal at
        value, at = int(bits[at : at + count] or "0", 2), at + count
        return value

    while mode := take(4):
        if mode == 0b0001:
            left = take(10 if version < 10 else 12)
            while left:
                digits = min(3, left)
                out += f"{take((0, 4, 7, 10)[digits]):0{digits}d}".encode()
                left -= digits
        elif mode == 0b0010:
            left = take(9 if version < 10 else 11)
            while left > 1:
                one, two = divmod(take(11), 45)
                out += (_ALPHANUMERIC[one] + _ALPHANUMERIC[two]).encode()
                left -= 2
            out += _ALPHANUMERIC[take(6)].encode() if left else b""
        else:
            assert mode == 0b0100
            out += bytes(take(8) for _ in range(take(8 if version < 10 else 16)))
        if len(bits) - at < 4:
            break
    return out.decode()
