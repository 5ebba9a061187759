"""Addresses of photos for other systems: signed, and good for a week."""

from itsdangerous import BadData, URLSafeTimedSerializer

_LASTS_S = 7 * 86400
_SALT = "open311 photo"


def photo_url(public_url: str, secret_key: str, photo_id: int) -> str:
    """Return an address that shows this photo to whoever was told it."""
    return f"{public_url}/open311/v2/photos/{_signer(secret_key).dumps(photo_id)}.jpg"


def photo_of(secret_key: str, token: str) -> int | None:
    """Return the photo that an address names, None for a forged or an old one."""
    try:
        found = _signer(secret_key).loads(token, max_age=_LASTS_S)
    except BadData:
        return None
    return found if isinstance(found, int) else None


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=_SALT)
