"""Other systems: the Open311 door, webhooks, and the gateway to a city platform."""

from .gateway import note
from .webhooks import tell

__all__ = ["note", "tell"]
