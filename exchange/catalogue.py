"""The services that can be asked for: the classes of cases, and one for what fits none."""

import re
from functools import cache
from typing import Any

import cases

from .errors import UnknownService

OTHER = "other"
REFERENCES = ("client_reference", "fixmystreet_id")  # attributes that name a request once

Row = dict[str, Any]


def _named(event: type[cases.CaseEvent]) -> str:
    """Name an event for others: CaseFedBack is case.fed_back."""
    said = re.sub(r"(?<!^)([A-Z])", r"_\1", event.__name__.removeprefix("Case"))
    return f"case.{said.lower()}"


# What a step is called for others, by our move's name.
EVENT_OF = {name: _named(event) for name, event in cases.OF_MOVE.items()}


@cache
def services() -> tuple[Row, ...]:
    """Return all services, in the order of the classes' table."""
    named = [
        _service(each.code, each.name, each.main_class, each.limits, each.name_en)
        for each in cases.classes().values()
    ]
    return (*named, _service(OTHER, "其他问题", "其他", "说不清类别时选这一项", "Other"))


def _service(code: str, name: str, group: str, description: str, keywords: str) -> Row:
    return {
        "service_code": code,
        "service_name": name,
        "description": f"{group}：{name}（处置时限 {description}）"
        if code != OTHER
        else description,
        "metadata": True,
        "type": "realtime",
        "keywords": keywords,
        "group": group,
    }


def class_of(service_code: str) -> str | None:
    """Return the class that a service stands for, None for the other one; raise UnknownService."""
    code = service_code.strip()
    if code == OTHER:
        return None
    if code not in cases.classes():
        raise UnknownService
    return code


def code_and_name(class_code: str | None) -> tuple[str, str]:
    """Return the service of a case's class."""
    if class_code is None:
        return OTHER, "其他问题"
    found = cases.classes().get(class_code)
    return class_code, found.name if found else class_code


def definition(service_code: str) -> Row:
    """Return the service's attributes; raise UnknownService."""
    class_of(service_code)
    return {
        "service_code": service_code.strip(),
        "attributes": [
            {
                "variable": True,
                "code": "urgent",
                "datatype": "singlevaluelist",
                "required": False,
                "datatype_description": "选一项",
                "order": 1,
                "description": "是否有安全隐患，需要紧急处理？",
                "values": [{"key": "no", "name": "否"}, {"key": "yes", "name": "是"}],
            },
            *(
                {
                    "variable": True,
                    "code": code,
                    "datatype": "string",
                    "required": False,
                    "datatype_description": "200 个字符以内",
                    "order": 2 + at,
                    "description": "您的系统给这件上报的编号：同一编号重发，得到同一个结果",
                    "values": [],
                }
                for at, code in enumerate(REFERENCES)
            ),
        ],
    }
