"""QR signs. So far the drawing of a code; the sign registry is on docs/roadmap.md."""

from .drawing import svg

__all__ = ["svg"]
