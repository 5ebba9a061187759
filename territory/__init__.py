"""The district: so far its responsible bodies. Streets, grid and rules are on docs/roadmap.md."""

from .models import Body
from .queries import BodyRow, bodies, body_name, body_names
from .service import add_body

__all__ = ["Body", "BodyRow", "add_body", "bodies", "body_name", "body_names"]
