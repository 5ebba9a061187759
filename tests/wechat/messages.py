"""Messages as the codec hands them over, with as little to say as possible."""

import itertools
from typing import Any

from wechat import inbound
from wechat.handlers import House

HOUSE = House(
    report_prefix="JB",
    hotline="12319",
    public_url="http://city.test",
    district_name="重庆市江北区",
    location_datum="gcj02",
)
_numbers = itertools.count(7_000_000_001)


def _common(openid: str, key: str | None) -> dict[str, Any]:
    return {
        "to_user": "gh_city",
        "openid": openid,
        "created_at": 1_790_000_000,
        "key": key or f"m:{next(_numbers)}",
        "raw": "<xml/>",
    }


def text(content: str, *, openid: str = "o-li", key: str | None = None) -> inbound.Text:
    return inbound.Text(**_common(openid, key), content=content)


def photo(
    media_id: str = "media-1", *, openid: str = "o-li", key: str | None = None
) -> inbound.Photo:
    return inbound.Photo(**_common(openid, key), media_id=media_id, pic_url=None)


def place(
    latitude: float = 29.5726, longitude: float = 106.5366, *, openid: str = "o-li"
) -> inbound.Location:
    return inbound.Location(
        **_common(openid, None),
        latitude=latitude,
        longitude=longitude,
        label="观音桥步行街",
        scale="16",
    )


def click(button: str, *, openid: str = "o-li", key: str | None = None) -> inbound.Clicked:
    return inbound.Clicked(**_common(openid, key), button=button)


def unfollow(*, openid: str = "o-li") -> inbound.Unfollowed:
    return inbound.Unfollowed(**_common(openid, None))


def unknown(kind: str = "hologram", *, openid: str = "o-li") -> inbound.Unknown:
    return inbound.Unknown(**_common(openid, None), kind=kind, event=None)
