"""What other platforms call their steps, and what they mean. Plain Python.

Names differ from place to place: an unknown one is kept as it came and shown as unknown, never
guessed at. Sources: the step names of a city's published interface, and of Open311 clients.
"""

RECEIVED, WORKING, DISPOSED = "received", "working", "disposed"
RETURNED, ASKED, ENDED = "returned", "asked", "ended"

WORDS = {
    RECEIVED: "对方已接收",
    WORKING: "对方处置中",
    DISPOSED: "对方已处置",
    RETURNED: "对方退回",
    ASKED: "对方申请延期或挂账",
    ENDED: "对方已结束",
}

_MEANS = {
    RECEIVED: "受理 受理员受理 立案 值班长立案 派遣 派遣员派遣 接收 open received confirmed action_scheduled",
    WORKING: "处置 处置中 专业部门处置 整改 in_progress investigating",
    DISPOSED: "已处置 处置反馈 核查 监督员核查 待核查 fixed",
    RETURNED: "回退 退回 回退派遣 reopen",
    ASKED: "延期 挂账 申请延期 申请挂账 延期审批 挂账审批",
    ENDED: "结案 已结案 办结 存档 作废 closed duplicate no_further_action cancelled not_councils_responsibility",
}
_KNOWN = {name: means for means, names in _MEANS.items() for name in names.split()}


def meaning(name: str) -> str | None:
    """Return what a step's name means, None for one that we do not know."""
    return _KNOWN.get(name.strip().lower())
