"""The question that is asked most, answered before the framework begins (kernel.shortcut).

A plain question about the nearest whose answer this process has at hand is answered here, by the
same functions and to the same byte as `api.nearest`; whatever is not plain (a refusal, another
format, a card to be read) goes on to Flask. The view is public: nobody's rights are passed by.
"""

import re
from typing import TYPE_CHECKING

from kernel import clock
from kernel.errors import Refusal
from kernel.shortcut import Answer

from . import forms, queries, schemas
from .api import NEAREST_PARAMETERS, personal_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PATH = "/api/v1/facilities/nearest"
# No escapes: then a pair is its own meaning.
_PLAIN = re.compile(r"[A-Za-z0-9_.=&-]{1,500}")
_DEFAULT_LIMIT = 10


class Nearest:
    """The nearest facilities as JSON."""

    def __init__(self, district_name: str) -> None:
        self._district_name = district_name

    def __call__(self, environ: "WSGIEnvironment") -> Answer | None:
        """Return what the view would, or None for what is not plain or not at hand."""
        if environ["PATH_INFO"] != PATH or "geo+json" in environ.get("HTTP_ACCEPT", ""):
            return None
        body = self._answer(environ.get("QUERY_STRING", ""))
        if body is None:
            return None
        headers, is_known = personal_headers(body, environ.get("HTTP_IF_NONE_MATCH"))
        if is_known:
            return "304 NOT MODIFIED", headers, b""
        return "200 OK", [*headers, ("Content-Length", str(len(body)))], body

    def _answer(self, query: str) -> bytes | None:
        """Return the answer, or None for what is not plain or not at hand."""
        values = _values(query)
        if values is None or "format" in values:
            return None
        now = clock.now()
        try:
            spot = forms.spot(values)
            found = queries.nearest_at_hand(
                spot.latitude,
                spot.longitude,
                kind=values.get("kind"),
                needs=forms.needs(values),
                radius_m=forms.number(values, "radius_m", most=forms.LONGEST_RADIUS_M),
                limit=forms.number(values, "limit", most=forms.MOST_NEAREST) or _DEFAULT_LIMIT,
                now=now,
            )
        except Refusal:
            return None  # the view refuses in its own words
        if found is None:
            return None
        nearby, kinds = found
        return schemas.nearest_body(nearby, spot, kinds, self._district_name, now)


def _values(query: str) -> dict[str, str] | None:
    """Return each parameter's only value; None for what the view must look at."""
    if not _PLAIN.fullmatch(query):
        return None
    values: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name not in NEAREST_PARAMETERS or name in values or not value:
            return None
        values[name] = value
    return values
