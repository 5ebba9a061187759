"""The way in for a resident's browser: who he is, the platform alone can say (OAuth, snsapi_base).

We send the browser to the platform with a random state and remember the state in a cookie of this
browser, signed and short-lived. What comes back counts only with both: a link that somebody sends
around signs nobody in as somebody else.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from itsdangerous import BadSignature, URLSafeSerializer

# The platform's code lives five minutes; a consent page may be read slowly.
LASTS = timedelta(minutes=10)
COOKIE = "bx_in"
COOKIE_PATH = "/sign-in"  # the cookie goes nowhere else

_STATE = re.compile(r"[0-9a-f]{32}")
_CODE = re.compile(r"[0-9A-Za-z_-]{1,512}")
_LONGEST_PATH = 1024


@dataclass(frozen=True)
class Attempt:
    """One way in; several may be under way in one browser, so each has a cookie of its own."""

    state: str
    wanted: str

    @property
    def cookie(self) -> str:
        return f"{COOKIE}_{self.state[:8]}"


def begin(wanted: str) -> Attempt:
    return Attempt(secrets.token_hex(16), wanted)


def signed(attempt: Attempt, secret_key: str, now: datetime) -> str:
    """Return the cookie's value."""
    until = int((now + LASTS).timestamp())
    return _signer(secret_key).dumps([attempt.state, attempt.wanted, until])


def cookie_for(state: str) -> str | None:
    """Return the name of the cookie that goes with a state, or None where it is none of ours."""
    return Attempt(state, "").cookie if _STATE.fullmatch(state) else None


def read(value: str, state: str, secret_key: str, now: datetime) -> Attempt | None:
    """Return the attempt that the cookie remembers, if it is this one and not too old."""
    try:
        known, wanted, until = _signer(secret_key).loads(value)
    except (BadSignature, ValueError, TypeError):
        return None
    # Signed by us, so of the right kinds; and not secret from whoever holds the cookie.
    if known != state or now.timestamp() > until:
        return None
    return Attempt(known, own_page(wanted))


def is_code(code: str) -> bool:
    """Tell whether this could be a code of the platform's at all."""
    return bool(_CODE.fullmatch(code))


def own_page(address: str) -> str:
    """Return the address if it is one of our pages for residents, else the first page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    is_ours = (
        not parts.scheme
        and not parts.netloc
        and re.match(r"/(?!/)", address)
        and len(address) <= _LONGEST_PATH
        and address.isprintable()
        and not re.search(r"[\\\s]", address)
        and parts.path.partition("/")[2].partition("/")[0] not in ("sign-in", "console", "wechat")
    )
    return address if is_ours else "/"


def authorize_url(base: str, *, app_id: str, back: str, state: str) -> str:
    """Return where the platform says who is reading; `#…` is what its browser asks for."""
    query = urlencode(
        {
            "appid": app_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
    )
    return f"{base}/connect/oauth2/authorize?{query}#wechat_redirect"


def is_platforms_browser(user_agent: str, oauth_base: str) -> bool:
    """Tell whether asking the platform makes sense here: no other browser can answer it.

    The simulator's pages (the only ones at http://) open in any browser.
    """
    return "MicroMessenger" in user_agent or oauth_base.startswith("http://")


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="wechat.sign_in")
