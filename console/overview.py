"""一屏通览: the duty desk's one screen. Its script asks for it again by itself; without one, reloading does."""

import json
from typing import Any

from flask import Blueprint, g, render_template

from accounts import Role
from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction

from .ports import Chart, sources

ON_DUTY = (
    Role.ACCEPTOR,
    Role.SHIFT_LEADER,
    Role.DISPATCHER,
    Role.SUPERVISOR,
    Role.AUDITOR,
)

blueprint = Blueprint(
    "console_overview", __name__, url_prefix="/console", template_folder="templates"
)


@blueprint.get("/overview")
@staff_only(*ON_DUTY)
def show() -> str:
    """Show what is new, late and urgent, today against usual, where, and how it goes."""
    now = clock.now()
    with transaction() as session:
        cards = [each.cards(session, now) for each in sources() if each.is_for(g.staff.role)]
    return render_template(
        "console/overview.html",
        tiles=[tile for each in cards for tile in each.tiles],
        charts=[(chart, _drawn(chart)) for each in cards for chart in each.charts],
        map=next((each.map for each in cards if each.map), None),
        now=now,
    )


def _drawn(chart: Chart) -> str:
    """Return what the script draws; the table below it says the same."""
    told: dict[str, Any] = {
        "kind": "line" if chart.is_line else "bar",
        "labels": [row.label for row in chart.rows],
        "urls": [row.url for row in chart.rows],
        "series": [
            {"name": name, "values": [row.figures[place] for row in chart.rows]}
            for place, name in enumerate(chart.names)
        ],
    }
    return json.dumps(told, ensure_ascii=False)
