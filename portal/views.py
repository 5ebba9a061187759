"""The residents' front door."""

from typing import Any

from flask import Blueprint, render_template

from accounts.access import public
from kernel import languages
from kernel.web import settings

blueprint = Blueprint("portal", __name__, template_folder="templates")


@blueprint.app_context_processor
def _shell() -> dict[str, Any]:
    """Give every page the district, its telephone, and times as people say them."""
    return {"site": settings(), "spoken": languages.spoken}


@blueprint.get("/")
@public
def home() -> str:
    """Say what this is, how to report, and where to look after a report."""
    return render_template("portal/home.html")
