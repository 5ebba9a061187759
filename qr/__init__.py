"""QR signs: the register of places, codes and plates, their pages, and what scans say."""

from .answering import SCENE, Told, code_in, scanned, sign_called
from .codes import is_code, new_code, pretty, tidy_code
from .drawing import svg

__all__ = [
    "SCENE",
    "Told",
    "code_in",
    "is_code",
    "new_code",
    "pretty",
    "scanned",
    "sign_called",
    "svg",
    "tidy_code",
]
