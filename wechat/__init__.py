"""The door: WeChat's XML into our words and back; the conversation; what residents are told."""

from . import news, wording
from .forgetting import erase, kept_of
from .handlers import case_url
from .notices import owe, withdraw

__all__ = ["case_url", "erase", "kept_of", "news", "owe", "withdraw", "wording"]
