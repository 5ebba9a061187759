"""The question that is asked most, answered before the framework begins.

Of the time of a JSON answer about the nearest, more went into routing, sessions and header tables
than into finding them. So a plain question whose answer this process has at hand is answered here,
by the same functions and to the same byte as `api.nearest`; whatever is not plain (a refusal, another
format, a card to be read) goes on to Flask. The view is public: nobody's rights are passed by.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kernel import clock
from kernel.errors import Refusal

from . import forms, queries, schemas
from .api import NEAREST_PARAMETERS, personal_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = "/api/v1/facilities/nearest"
# No escapes: then a pair is its own meaning.
_PLAIN = re.compile(r"[A-Za-z0-9_.=&-]{1,500}")
_DEFAULT_LIMIT = 10


class Shortcut:
    """Stands in front of the application."""

    def __init__(self, inner: "WSGIApplication", district_name: str) -> None:
        self._inner = inner
        self._district_name = district_name

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ["PATH_INFO"] != _PATH or environ["REQUEST_METHOD"] != "GET":
            return self._inner(environ, start_response)
        body = None
        if "geo+json" not in environ.get("HTTP_ACCEPT", ""):
            body = self._answer(environ.get("QUERY_STRING", ""))
        if body is None:
            return self._inner(environ, start_response)
        headers, is_known = personal_headers(body, environ.get("HTTP_IF_NONE_MATCH"))
        if is_known:
            start_response("304 NOT MODIFIED", headers)
            return ()
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return (body,)

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
