"""QR signs: codes, drawings of codes, and `qr.printing`. The registry is on docs/roadmap.md."""

from .codes import is_code, new_code, pretty, tidy_code
from .drawing import svg

__all__ = ["is_code", "new_code", "pretty", "svg", "tidy_code"]
