"""What the operators' pages say: statuses as work, and each move with its advice."""

from dataclasses import dataclass

from .workflow import Status

# The desk calls a status by what it waits for; residents read workflow.STATUS_WORDS.
DESK_WORDS = {
    Status.REPORTED: "待立案",
    Status.ACCEPTED: "受理中",
    Status.VERIFYING: "待核实",
    Status.FILED: "待派遣",
    Status.DISPATCHED: "处置中",
    Status.SUSPENDED: "挂账",
    Status.HANDLED: "待反馈",
    Status.DISPOSED: "待核查",
    Status.CHECKED: "待结案",
    Status.CLOSED: "已办结",
    Status.FORCE_CLOSED: "强制结案",
    Status.REFUSED: "不予受理",
    Status.VOIDED: "已作废",
    Status.MERGED: "已并案",
}
SOURCE_WORDS = {
    "wechat": "居民微信上报",
    "page": "居民网页上报",
    "sign": "扫标牌上报",
    "open311": "其他系统转来",
    "patrol": "巡查发现",
    "video": "视频发现",
    "hotline": "热线转来",
    "sensor": "感知设备报警",
}
PHOTO_WORDS = {
    "pending": "照片正在下载，请稍后刷新",
    "refused": "居民发来的文件不是能打开的照片",
    "lost": "照片没能从微信取回，请联系居民重发",
}
ENDING_WORDS = {
    Status.CLOSED: "案件已办结。居民说没有解决的，可以重新办理。",
    Status.FORCE_CLOSED: "案件已强制结案。情况有变的，可以重新办理。",
    Status.REFUSED: "案件没有受理。居民的理由成立的，值班长可以重新受理。",
    Status.VOIDED: "案件已作废。弄错了的，值班长可以重新受理。",
    Status.MERGED: "案件已并到另一个案件里办理，结果会一起告诉居民。",
}
PERMIT_WORDS = {
    "extension": "延期",
    "suspension": "挂账",
    "asked": "待派遣员初审",
    "endorsed": "待值班长审批",
    "granted": "已批准",
    "refused": "未批准",
}
PLEA_WORDS = {
    "objection": "居民不同意不予受理",
    "reopening": "居民说没有解决，要求重新办理",
    "asked": "待答复",
    "granted": "已同意",
    "declined": "未同意",
}
# Who goes on where the reader's role may not.
WAITING_WORDS = "这一步由别的岗位办理，您可以看，不能改。"


@dataclass(frozen=True)
class MoveWords:
    """How a move is offered: heading, advice, the note's label, the button; and how it is told."""

    title: str
    help: str
    note: str
    button: str
    done: str
    is_usual: bool = True


def _side(title: str, advice: str, note: str, done: str, button: str | None = None) -> MoveWords:
    return MoveWords(title, advice, note, button or title, done, is_usual=False)


MOVE_WORDS = {
    "file": MoveWords(
        title="立案",
        help="情况清楚、归我们管，就立案；下一步再派给责任单位。",
        note="说明",
        button="立案",
        done="已立案。下一步：派给责任单位。",
    ),
    "refuse": _side(
        "不予受理", "原因会发给居民，请写得客气、清楚。", "补充说明", "已办理为不予受理。"
    ),
    "accept": _side("先受理", "要再问一问、查一查的，先受理，名字记在您这里。", "说明", "已受理。"),
    "verify": _side(
        "派人现场核实",
        "情况不清楚的，请监督员先到现场看。",
        "请核实什么",
        "已请监督员现场核实。",
        "派人核实",
    ),
    "verified": MoveWords(
        title="核实完成",
        help="写明现场看到的情况，有照片请附上。",
        note="现场情况",
        button="提交核实结果",
        done="核实结果已记下。下一步：立案或不予受理。",
    ),
    "dispatch": MoveWords(
        title="派遣",
        help="选一个责任单位去现场处置。",
        note="交办要求",
        button="派遣",
        done="已派遣。责任单位处置后，在这里填写结果。",
    ),
    "return": _side(
        "退回",
        "不归这个单位管，退回来重新派遣。",
        "退回原因",
        "已退回。下一步：重新派给责任单位。",
        "退回，重新派遣",
    ),
    "dispose": MoveWords(
        title="处置完成",
        help="写明怎么处置的，附上处置后的照片。",
        note="处置情况",
        button="提交处置结果",
        done="处置结果已记下。下一步：核查。",
    ),
    "handle": _side(
        "现场处置完，待单位确认",
        "现场人员先报结果，由单位确认后再反馈。",
        "现场情况",
        "现场结果已记下。下一步：单位确认反馈。",
        "提交现场结果",
    ),
    "feedback": MoveWords(
        title="确认反馈",
        help="看过现场人员的照片，确认处置好了就反馈。",
        note="说明",
        button="确认反馈",
        done="已反馈。下一步：核查。",
    ),
    "redo": _side("重做", "单位自己看了不满意，让现场人员重做。", "哪里要重做", "已要求重做。"),
    "extend": _side("延期", "由延期申请批准后办理。", "原因", "已延期。"),
    "suspend": _side("挂账", "由挂账申请批准后办理。", "原因", "已挂账。"),
    "resume": MoveWords(
        title="恢复处置",
        help="原因消除了，提前恢复处置，时限接着算。",
        note="说明",
        button="恢复处置",
        done="已恢复处置。",
    ),
    "check": MoveWords(
        title="核查合格",
        help="到现场看过、拍了照片，合格就提交；每个案件都要核查。",
        note="核查情况",
        button="核查合格",
        done="核查结果已记下。下一步：结案。",
    ),
    "rework": _side(
        "返工",
        "核查不合格，退给原单位重做。",
        "哪里不合格",
        "已退回原单位返工。",
        "不合格，退回返工",
    ),
    "close": MoveWords(
        title="核查结案",
        help="对照前后照片，核查合格就结案。",
        note="给居民的答复",
        button="核查合格，结案",
        done="已结案。",
    ),
    "void": _side("作废", "立案后发现不符合立案条件。原因会发给居民。", "作废原因", "已作废。"),
    "force_close": _side(
        "强制结案",
        "确实没有条件解决的，写明原因结束案件。原因会发给居民。",
        "原因",
        "已强制结案。",
    ),
    "merge": _side("并案", "和别的案件是同一个问题。", "说明", "已并案。"),
    "split": _side("撤销并案", "不是同一个问题，分开办理。", "原因", "已分开办理。"),
    "revisit": _side(
        "回访", "问过居民满意不满意，记在这里。", "回访情况", "回访情况已记下。", "记下回访"
    ),
    "reopen": _side(
        "重新办理", "问题没有解决，重新派遣。", "原因", "已重新办理。下一步：派给责任单位。"
    ),
    "readmit": _side("重新受理", "原来的决定不对，重新受理。", "原因", "已重新受理。"),
}
