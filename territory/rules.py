"""Levels, kinds and their words: what a node of the tree and a body may be. Plain Python."""

import re

# Kinds of areas and their level; the words are the glossary's.
LEVELS = {
    "district": 1,
    "street": 2,
    "town": 2,
    "business_area": 2,
    "community": 3,
    "village": 3,
    "grid": 4,
}
AREA_WORDS = {
    "district": "区",
    "street": "街道",
    "town": "镇",
    "business_area": "商圈",
    "community": "社区",
    "village": "村",
    "grid": "网格",
}
LEVEL_WORDS = {1: "区", 2: "街道（镇、商圈）", 3: "社区（村）", 4: "网格"}
BODY_KINDS = {
    "street": "街道",
    "town": "镇",
    "business_area": "商圈",
    "department": "区级部门",
    "public_service": "公共服务单位",
    "park": "园区",
    "community": "社区",
    "village": "村",
    "property": "物业小区",
    "company": "服务公司",
}

LONGEST_NAME = 60
LONGEST_DUTY = 20
LONGEST_PHONE = 32
MOST_SHAPE_BYTES = 1_000_000  # some 60,000 corners

_CODES = {
    1: re.compile(r"[0-9]{6}"),
    2: re.compile(r"[0-9]{6}([0-9]{3}|-[A-Z][0-9]{1,2})"),
    3: re.compile(r"[0-9]{6}[0-9A-Z-]{3,18}"),
    4: re.compile(r"[0-9]{6}[0-9A-Z-]{3,18}"),
}


def is_code(code: str, level: int) -> bool:
    """Tell whether an area of this level may have the code (the table's CHECK says the same)."""
    return bool(_CODES[level].fullmatch(code))
