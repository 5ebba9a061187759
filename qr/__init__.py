"""QR signs: codes, and the drawing of a code. The sign registry is on docs/roadmap.md."""

from .codes import is_code, new_code, pretty, tidy_code
from .drawing import svg

__all__ = ["is_code", "new_code", "pretty", "svg", "tidy_code"]
