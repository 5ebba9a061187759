"""A scanned sign's page, given out before the framework begins (kernel.shortcut).

Only a page that is good as it lies there: made of this sign and of what is near in this minute,
for a phone that unpacks gzip and asks for nothing more. All else, and making it anew, is the view's (`views.show`), which is
public and counts a scan in the same words.
"""

from typing import TYPE_CHECKING

from kernel import clock
from kernel.languages import SOURCE
from kernel.shortcut import Answer

from . import keeper, ports
from .rules import client_kind
from .views import PACKED_HEADERS, PAGES, around

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

BEGINNING = "/s/"
_HEADERS = (*PACKED_HEADERS.items(), ("Cache-Control", "no-store"))


def page_at_hand(environ: "WSGIEnvironment") -> Answer | None:
    """Return the page and count the scan; None for what the view must look at."""
    if environ.get("QUERY_STRING") or "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return None
    kept = keeper.current()
    sign = kept.directory().get(environ["PATH_INFO"][len(BEGINNING) :])
    if sign is None or sign.is_retired:
        return None
    instant = clock.now()
    now = instant.timestamp()
    packed = PAGES.at_hand(
        sign,
        ports.places().version(),
        int(now) // 60,
        language=SOURCE,
        look=lambda: around(sign, instant),
    )
    if packed is None:
        return None
    kept.counter.add(sign.code, client_kind(environ.get("HTTP_USER_AGENT", "")), now)
    kept.counted()
    return "200 OK", [*_HEADERS, ("Content-Length", str(len(packed)))], packed
