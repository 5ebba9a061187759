"""Template messages: the account's templates, and what a notice must fill in."""

import re
from dataclasses import dataclass

from .clock import Clock
from .errors import ApiError
from .store import Store

DUPLICATE_S = 600
_FIELD = re.compile(r"\{\{(\w+)\.DATA\}\}")
# Since May 2023 these are taken and not shown.
_UNSHOWN = frozenset({"first", "remark"})
# What a value must look like, by the kind of field that its name begins with.
_FORMS = {
    "thing": re.compile(r".{1,20}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "number": re.compile(r"-?[0-9]{1,32}(\.[0-9]+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "time": re.compile(r"[0-9年月日时分秒 :/.~-]{1,40}"),
    "date": re.compile(r"[0-9年月日时分秒 :/.~-]{1,40}"),
    "phone_number": re.compile(r"[0-9+ -]{1,17}"),
    "name": re.compile(r"[\u4e00-\u9fff]{1,10}|[A-Za-z ]{1,20}"),
    "const": re.compile(r".{1,20}"),
}
DEFAULT_TITLE = "案件进度通知"
DEFAULT_CONTENT = (
    "案件编号：{{character_string1.DATA}}\n"
    "当前状态：{{phrase2.DATA}}\n"
    "更新时间：{{time3.DATA}}\n"
    "说明：{{thing4.DATA}}"
)


@dataclass(frozen=True, slots=True)
class Template:
    template_id: str
    title: str
    content: str
    kind: str = "template"  # or a subscription notice: once, lasting

    def fields(self) -> list[str]:
        return _FIELD.findall(self.content)

    def fill(self, data: dict[str, object]) -> str:
        """Return the card's text, or raise 47003 for a value that is missing or does not fit."""
        values = {name: _value(name, data.get(name)) for name in self.fields()}
        return _FIELD.sub(lambda match: values[match[1]], self.content)


def _value(name: str, given: object) -> str:
    if name in _UNSHOWN:
        return ""
    value = given.get("value") if isinstance(given, dict) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        # The platform's own spelling.
        raise ApiError(47003, f"argument invalid! data.{name}.value is emtpy")
    value = value.strip().split("\n")[0]  # what follows a line break is left out
    form = _FORMS.get(name.rstrip("0123456789"))
    if form is not None and not form.fullmatch(value):
        raise ApiError(47003, f"argument invalid! data.{name}.value invalid")
    return value


class Notices:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def define(self, template: Template) -> None:
        self._store.run(
            "INSERT OR REPLACE INTO templates (template_id, title, content, kind)"
            " VALUES (?, ?, ?, ?)",
            template.template_id,
            template.title,
            template.content,
            template.kind,
        )

    def define_default(self, template_id: str, kind: str = "template") -> None:
        """Make sure the configured template is there; one set by hand stays as it is."""
        self._store.run(
            "INSERT OR IGNORE INTO templates (template_id, title, content, kind)"
            " VALUES (?, ?, ?, ?)",
            template_id,
            DEFAULT_TITLE,
            DEFAULT_CONTENT,
            kind,
        )

    def template(self, template_id: object, *, subscription: bool = False) -> Template:
        """Return a template of this sort; the two sorts' ids are not interchangeable."""
        row = None
        if isinstance(template_id, str):
            row = self._store.one(
                "SELECT template_id, title, content, kind FROM templates WHERE template_id = ?",
                template_id,
            )
        if row is None or (row["kind"] != "template") != subscription:
            raise ApiError(40037, "invalid template_id")
        return Template(row["template_id"], row["title"], row["content"], row["kind"])

    def all(self) -> list[Template]:
        rows = self._store.all(
            "SELECT template_id, title, content, kind FROM templates ORDER BY rowid"
        )
        return [Template(r["template_id"], r["title"], r["content"], r["kind"]) for r in rows]

    def consents(self, openid: str) -> dict[str, int]:
        rows = self._store.all(
            "SELECT template_id, left_over FROM consents WHERE openid = ?", openid
        )
        return {row["template_id"]: row["left_over"] for row in rows}

    def consent(self, openid: str, template: Template, *, is_given: bool) -> None:
        """Enter what a person tapped: one more notice, all of them, or none any more."""
        before = self.consents(openid).get(template.template_id, 0)
        now = (1 if template.kind == "lasting" else before + 1) if is_given else 0
        self._store.run(
            "INSERT OR REPLACE INTO consents (openid, template_id, left_over) VALUES (?, ?, ?)",
            openid,
            template.template_id,
            now,
        )

    def use_consent(self, openid: str, template: Template) -> None:
        """Spend one consent, or raise 43101: refused, or used already."""
        with self._store.transaction():
            before = self.consents(openid).get(template.template_id, 0)
            if before < 1:
                raise ApiError(43101, "user refuse to accept the msg")
            if template.kind == "once":
                self._store.run(
                    "UPDATE consents SET left_over = ? WHERE openid = ? AND template_id = ?",
                    before - 1,
                    openid,
                    template.template_id,
                )

    def number(self, openid: str, client_msg_id: str | None) -> int:
        """Take a msgid; the same client_msg_id to the same person within ten minutes is refused."""
        now = self._clock.now()
        with self._store.transaction():
            if client_msg_id and self._store.one(
                "SELECT 1 FROM notices WHERE openid = ? AND client_msg_id = ? AND at > ?",
                openid,
                client_msg_id,
                now - DUPLICATE_S,
            ):
                # The number that group sending uses; the one of template messages is not documented.
                raise ApiError(45065, "clientmsgid exist")
            latest = self._store.one("SELECT max(msgid) AS msgid FROM notices")
            before = latest["msgid"] if latest is not None and latest["msgid"] else 0
            msgid = max(int(before) + 1, int(now * 1000) * 1000)
            self._store.run(
                "INSERT INTO notices (msgid, openid, client_msg_id, at) VALUES (?, ?, ?, ?)",
                msgid,
                openid,
                client_msg_id,
                now,
            )
        return msgid
