"""QR signs: the register of places, codes and plates, their pages, and what scans say."""

from .codes import is_code, new_code, pretty, tidy_code
from .drawing import svg

__all__ = ["is_code", "new_code", "pretty", "svg", "tidy_code"]
