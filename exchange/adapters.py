"""How a case is told to the other platform: one adapter for each language it may speak.

Both are idempotent by our report number: a second telling of the same is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

import cases
from kernel import calling
from kernel.calling import CallFailed

from . import catalogue, rules, soap
from .rules import SOURCE_WORDS, written
from .xmldoc import NotOurs, parsed, text_of

_LARGEST_ANSWER = 256 * 1024


class Declined(CallFailed):
    """The other side understood and refused: the same again would be refused again."""


@dataclass(frozen=True)
class Named:
    """What the other side calls the case: a number, or a token until it has one."""

    number: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class Step:
    """A step of ours."""

    seq: int
    move: str
    at: datetime
    note: str | None


@dataclass(frozen=True)
class Account:
    """Where the other platform is, and who we are there."""

    url: str
    name: str
    secret: str
    may_be_private: bool
    district_code: str
    district_name: str


class Adapter(Protocol):
    def dispatch(self, case: cases.OutwardCase, step: Step, photos: Sequence[str], /) -> Named:
        """Hand a case over; raise CallFailed, Declined."""

    def tell(self, case: cases.OutwardCase, step: Step, number: str, /) -> None:
        """Tell a step of ours; raise CallFailed, Declined."""

    def ask(self, numbers: Sequence[str], /) -> Mapping[str, str]:
        """Return what the other side calls the states: {number: name}; raise CallFailed."""

    def number_of(self, token: str, /) -> str | None:
        """Return the number that a token stands for, None while there is none."""


@dataclass(frozen=True)
class Soap:
    """The dialect of `soap`: it tells its states itself, by calling us."""

    account: Account

    def dispatch(self, case: cases.OutwardCase, step: Step, photos: Sequence[str], /) -> Named:
        kind = cases.classes().get(case.class_code or "")
        pictures = [{"name": f"{at}.jpg", "url": url} for at, url in enumerate(photos, start=1)]
        params: dict[str, soap.Value] = {
            "TaskNum": case.report_no,
            "FindTime": soap.time_words(case.reported_at),
            "EventSource": SOURCE_WORDS.get(case.source, "公众上报"),
            "EventType": ("部件" if kind.is_component else "事件") if kind else "",
            "MainType": kind.main_class if kind else "",
            "SubType": kind.name if kind else "",
            "DistrictCode": self.account.district_code,
            "DistrictName": self.account.district_name,
            "StreetCode": "",
            "StreetName": "",
            "CommunityCode": "",
            "CommunityName": "",
            "CoordinateX": "" if case.longitude is None else f"{case.longitude:.6f}",
            "CoordinateY": "" if case.latitude is None else f"{case.latitude:.6f}",
            "EventAddress": case.place_label or "",
            "EventDescription": case.text or "",
            "EventPositionMap": "",
            "SendTime": soap.time_words(step.at),
            "DealEndTime": soap.time_words(case.due_at) if case.due_at else "",
            "SendMemo": step.note or "",
            "DealTimeLimit": "",
            "EventPictures": pictures,
            "EventMedias": [],
            "DealUnit": case.body_name or "",
        }
        self._process("TaskDispatch", params)
        return Named(number=case.report_no)  # the dialect keeps our number

    def tell(self, _case: cases.OutwardCase, step: Step, number: str, /) -> None:
        self._process(
            "StateDispatch",
            {
                "TaskNum": number,
                "OperateDate": soap.time_words(step.at),
                "OperateID": str(step.seq),
                "ActDefName": cases.MOVE_WORDS[step.move],
            },
        )

    def ask(self, _numbers: Sequence[str], /) -> Mapping[str, str]:
        return {}

    def number_of(self, token: str, /) -> str | None:
        return token

    def _process(self, function: str, params: Mapping[str, soap.Value]) -> None:
        account = self.account
        told = calling.call(
            "POST",
            account.url,
            body=soap.call(account.name, account.secret, function, params),
            headers={"Content-Type": soap.CONTENT_TYPE, "SOAPAction": '""'},
            limit=_LARGEST_ANSWER,
            may_be_private=account.may_be_private,
        )
        if told.status != 200:
            raise CallFailed(f"HTTP {told.status}")
        try:
            result = soap.read_answer(told.body)
        except NotOurs as wrong:
            raise CallFailed(str(wrong)) from None
        if result.code != soap.OK:
            # What is wrong there may be mended there: it is tried again, and shown meanwhile.
            raise CallFailed(f"对方返回 {result.code}：{result.description}")


@dataclass(frozen=True)
class Open311:
    """GeoReport v2, with steps as service_request_updates where the other side takes them."""

    account: Account

    def dispatch(self, case: cases.OutwardCase, _step: Step, photos: Sequence[str], /) -> Named:
        form = [
            ("service_code", catalogue.code_and_name(case.class_code)[0]),
            ("description", case.text or ""),
            ("address_string", case.place_label or ""),
            ("requested_datetime", written(case.reported_at)),
            *(("media_url", url) for url in photos),
            *((f"attribute[{name}]", case.report_no) for name in catalogue.REFERENCES[:1]),
        ]
        if case.latitude is not None:
            form += [("lat", f"{case.latitude:.6f}"), ("long", f"{case.longitude:.6f}")]
        told = self._post("requests.xml", form, {"Idempotency-Key": case.report_no})
        number, token = (text_of(told, name) for name in ("service_request_id", "token"))
        if not number and not token:
            raise CallFailed("应答里没有编号")
        return Named(number=number, token=None if number else token)

    def tell(self, case: cases.OutwardCase, step: Step, number: str, /) -> None:
        form = [
            ("service_request_id", number),
            ("update_id", f"{case.report_no}-{step.seq}"),
            ("updated_datetime", written(step.at)),
            ("status", rules.update_word(case.status, case.refuse_reason).upper()),
            ("description", cases.MOVE_WORDS[step.move] + (f"：{step.note}" if step.note else "")),
        ]
        self._post("servicerequestupdates.xml", form, {})

    def ask(self, numbers: Sequence[str], /) -> Mapping[str, str]:
        listed = quote(",".join(numbers), safe=",")
        told = self._get(f"requests.xml?service_request_id={listed}")
        return {
            number: name
            for each in told
            if (number := text_of(each, "service_request_id")) and (name := text_of(each, "status"))
        }

    def number_of(self, token: str, /) -> str | None:
        return text_of(self._get(f"tokens/{quote(token, safe='')}.xml"), "service_request_id")

    def _get(self, what: str) -> Element:
        return self._read(self._call("GET", what))

    def _post(
        self, what: str, form: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> Element:
        sent = [("api_key", self.account.secret), *form]
        if self.account.name:
            sent.append(("jurisdiction_id", self.account.name))
        body = urlencode([(name, said) for name, said in sent if said]).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._read(self._call("POST", what, body, kind | dict(headers)))

    def _call(
        self,
        method: str,
        what: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> calling.Answer:
        return calling.call(
            method,
            f"{self.account.url.rstrip('/')}/{what}",
            body=body,
            headers=headers,
            limit=_LARGEST_ANSWER,
            may_be_private=self.account.may_be_private,
        )

    def _read(self, told: calling.Answer) -> Element:
        if told.status in {400, 403, 404, 422}:
            raise Declined(f"HTTP {told.status}{_why(told.body)}")
        if not 200 <= told.status < 300:
            raise CallFailed(f"HTTP {told.status}")
        try:
            return parsed(told.body)
        except NotOurs as wrong:
            raise CallFailed(str(wrong)) from None


def _why(body: bytes) -> str:
    try:
        said = text_of(parsed(body), "description")
    except NotOurs:
        said = None
    return f"：{said[:150]}" if said else ""
