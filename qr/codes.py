"""Sign codes: seven random characters and a check character, printed on plates for ever.

The alphabet is Douglas Crockford's Base32: digits and letters without I, L, O and U. The check
character is Damm's: a quasigroup of order 32 that is totally anti-symmetric in the weak sense, so
that one wrong character and two swapped neighbours are always noticed (H. M. Damm, "Totally
anti-symmetric quasigroups for all orders n ≠ 2, 6", Discrete Mathematics 307 (2007)). Ours is
`a ∘ b = 2·(a + b)` in the field GF(32) = GF(2)[x]/(x⁵ + x² + 1): `a ∘ a = 0`, so the running value
is itself the character that ends at zero. It also notices swaps over one character in between.
"""

import unicodedata
from random import Random

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8

_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_READ_AS = str.maketrans("ILO", "110")  # Crockford's rule: nobody can tell them apart on a plate
_REDUCTION = 0b100101  # x⁵ + x² + 1
_MOST_TYPED = 64


def new_code(random: Random) -> str:
    """Draw a code: 35 random bits and the check character.

    For codes that are printed, `random` is a `random.SystemRandom`: whoever can guess the next code
    can forge a plate before we print it. Uniqueness is the registry's.
    """
    body = "".join(random.choices(ALPHABET, k=LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """Return the character that makes `body`, written in the alphabet, a valid code."""
    return ALPHABET[_folded(body)]


def is_code(text: str) -> bool:
    """Tell whether this is a code exactly as we print and store it: tidy, with a right check."""
    return len(text) == LENGTH and set(text) <= _VALUES.keys() and _folded(text) == 0


def tidy_code(typed: str) -> str | None:
    """Return the code that a person meant by what he typed, or None when it cannot be one.

    Forgives case, hyphens and dashes of any kind, spaces, full-width letters, and I, L, O for
    1, 1, 0. A wrong check character is not repaired: None.
    """
    if len(typed) > _MOST_TYPED:
        return None
    letters = (
        letter for letter in unicodedata.normalize("NFKC", typed) if not _is_separator(letter)
    )
    code = "".join(letters)
    if not code.isascii():  # before .upper(), which makes SS of ß
        return None
    code = code.upper().translate(_READ_AS)
    return code if is_code(code) else None


def pretty(code: str) -> str:
    """Write a code in two groups of four, as on the plate: `4F7K-2QX9`."""
    return f"{code[:4]}-{code[4:]}"


def _is_separator(letter: str) -> bool:
    # Pd: dashes; Zs: spaces; minus and middle dot are what some keyboards offer first.
    return letter in "−·\t\r\n" or unicodedata.category(letter) in {"Pd", "Zs"}


def _folded(text: str) -> int:
    running = 0
    for letter in text:
        running = _doubled(running ^ _VALUES[letter])
    return running


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _REDUCTION if value & 0b100000 else value
