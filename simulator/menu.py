"""The account's menu, with the platform's rules for its shape."""

import json
from collections.abc import Iterator

from .errors import ApiError
from .store import Store

MAX_BUTTONS = 3
MAX_SUB_BUTTONS = 5
MAX_KEY_BYTES = 128
MAX_URL_BYTES = 1024
KEYED = frozenset(
    {
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    }
)
LINKED = frozenset({"view", "miniprogram"})
OTHER = frozenset({"media_id", "view_limited", "article_id", "article_view_limited"})

Button = dict[str, object]


class Level:
    """The same rules twice, with error numbers and sizes of their own."""

    def __init__(self, name: str, codes: tuple[int, int, int, int], max_name_bytes: int) -> None:
        self.name = name
        self.type_code, self.name_code, self.key_code, self.url_code = codes
        self.max_name_bytes = max_name_bytes

    def check_name(self, button: Button) -> None:
        if not 0 < _size(button.get("name")) <= self.max_name_bytes:
            raise ApiError(self.name_code, f"invalid {self.name} name size")

    def check_leaf(self, button: Button) -> None:
        kind = button.get("type")
        if kind in KEYED:
            if not 0 < _size(button.get("key")) <= MAX_KEY_BYTES:
                raise ApiError(self.key_code, f"invalid {self.name} key size")
        elif kind in LINKED:
            if not 0 < _size(button.get("url")) <= MAX_URL_BYTES:
                raise ApiError(self.url_code, f"invalid {self.name} url size")
            if not str(button["url"]).startswith(("http://", "https://")):
                raise ApiError(self.url_code, f"invalid {self.name} url size")
        elif kind not in OTHER:
            raise ApiError(self.type_code, f"invalid {self.name} type")


TOP = Level("button", (40017, 40018, 40019, 40020), 16)
SUB = Level("sub button", (40024, 40025, 40026, 40027), 60)


def _size(value: object) -> int:
    return len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else 0


def check(tree: dict[str, object]) -> None:
    """Raise the ApiError that menu/create would answer."""
    buttons = tree.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MAX_BUTTONS:
        raise ApiError(40016, "invalid button size")
    for button in buttons:
        if not isinstance(button, dict):
            raise ApiError(40016, "invalid button size")
        TOP.check_name(button)
        below = button.get("sub_button")
        if below:
            _check_below(below)
        else:
            TOP.check_leaf(button)


def _check_below(below: object) -> None:
    if not isinstance(below, list) or len(below) > MAX_SUB_BUTTONS:
        raise ApiError(40023, "invalid sub button size")
    for button in below:
        if not isinstance(button, dict):
            raise ApiError(40023, "invalid sub button size")
        SUB.check_name(button)
        SUB.check_leaf(button)


class Menu:
    def __init__(self, store: Store) -> None:
        self._store = store

    def set(self, tree: dict[str, object]) -> None:
        check(tree)
        self._store.put("menu", json.dumps({"button": tree["button"]}, ensure_ascii=False))

    def get(self) -> dict[str, object] | None:
        stored = self._store.get("menu")
        tree: dict[str, object] | None = json.loads(stored) if stored else None
        return tree

    def delete(self) -> None:
        self._store.forget("menu")

    def buttons(self) -> Iterator[Button]:
        """Yield every button that can be tapped."""
        tree = self.get() or {}
        top = tree.get("button")
        for button in top if isinstance(top, list) else []:
            below = button.get("sub_button")
            if below:
                yield from below
            else:
                yield button
