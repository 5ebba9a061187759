"""What the role that the service runs as may do: append to what is appended, and no more."""

from kernel.database import Base

from .models import APPENDED

_APPENDED = {model.__tablename__ for model in APPENDED}


def grants(role: str) -> list[str]:
    """Return the statements that give a role no more than the service needs on these tables.

    The owner of the tables runs them; the role must not be the owner, who can switch triggers off.
    """
    if not role.replace("_", "").isalnum():
        raise ValueError("a role's name has letters, digits and underscores")
    statements = []
    for name in sorted(Base.metadata.tables):
        if name.startswith("points_"):
            rights = "SELECT, INSERT" if name in _APPENDED else "SELECT, INSERT, UPDATE, DELETE"
            statements += [
                f"REVOKE ALL ON {name} FROM {role}",
                f"GRANT {rights} ON {name} TO {role}",
            ]
    return statements
