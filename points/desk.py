"""The operators' pages about points, put together."""

from . import (  # noqa: F401  # each adds its pages to the desk
    desk_books,
    desk_catalogue,
    desk_counter,
    desk_people,
    desk_queue,
    desk_review,
    desk_rules,
    desk_stock,
)
from .desk_shell import COUNTER, READERS, desk

__all__ = ["COUNTER", "READERS", "desk"]
