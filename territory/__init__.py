"""The district: its outline and responsible bodies. Streets, grid, rules are on docs/roadmap.md."""

from .models import Body
from .outline import centre, district
from .queries import BodyRow, bodies, body_name, body_names
from .service import add_body

__all__ = [
    "Body",
    "BodyRow",
    "add_body",
    "bodies",
    "body_name",
    "body_names",
    "centre",
    "district",
]
