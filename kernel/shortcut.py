"""Answers that need no framework: asked often, and at hand in this process.

Of the time of a small answer most goes into routing, sessions and header tables. A feature may give
a way to answer plain questions below some path by itself; what it leaves (None) goes on to Flask. It
stands inside the rim, which names the request and adds the security headers for both.

A way asks for the same rights as the view, and must answer to the byte as the view does.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Status line, headers without the rim's, body.
Answer = tuple[str, list[tuple[str, str]], bytes]
Way = Callable[["WSGIEnvironment"], Answer | None]


class Shortcut:
    """Stands in front of the application; `ways` by their method and the beginning of their paths."""

    def __init__(self, inner: "WSGIApplication", ways: Mapping[tuple[str, str], Way]) -> None:
        self._inner = inner
        self._ways = tuple((*key, way) for key, way in ways.items())

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        asked, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        for method, beginning, way in self._ways:
            if asked == method and path.startswith(beginning):
                answer = way(environ)
                if answer is None:
                    break
                status, headers, body = answer
                start_response(status, headers)
                return (body,) if body else ()
        return self._inner(environ, start_response)
