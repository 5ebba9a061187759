"""What a page in WeChat's browser must show to use WeChat's own functions (JS-SDK)."""

import hashlib
from urllib.parse import urlsplit

# The one script of another host, loaded in WeChat's browser only: decision 0020.
SCRIPT_HOST = "https://res.wx.qq.com"
SCRIPT = f"{SCRIPT_HOST}/open/js/jweixin-1.6.0.js"
LONGEST_URL = 2048


def own_url(url: str, public_url: str) -> str | None:
    """Return what is signed of an address, or None where it is no page of ours."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return None
    try:
        given, ours = urlsplit(url), urlsplit(public_url)
        same = (given.scheme, given.hostname, given.port) == (ours.scheme, ours.hostname, ours.port)
    except ValueError:
        return None
    is_beneath = given.path == ours.path or given.path.startswith(f"{ours.path}/")
    if not same or given.username is not None or "\\" in url or not is_beneath:
        return None
    return url.partition("#")[0]


def signature(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Return the signature over an address without its fragment, as the platform defines it."""
    signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}"
    return hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()


def policy_for_elements(policy: str) -> str:
    """Return the same for a page with an element of WeChat's own, which it draws in a frame."""
    return f"{content_policy(policy)}; frame-src https://*.qq.com webcompt:"


def content_policy(policy: str) -> str:
    """Return the page's policy with the platform's script let in, and nothing else."""
    return policy.replace(
        "default-src 'self';", f"default-src 'self'; script-src 'self' {SCRIPT_HOST};"
    )
