"""What residents are told of the rarer turns of a case."""

from .wording import brief

_LINE = 60  # characters of people's own words in a notice


def _because(reason: str) -> str:
    words = brief(reason, _LINE).rstrip("。")
    return f"原因：{words}。" if words else ""


def voided(*, report_no: str, reason: str) -> str:
    return f"您报的问题（{report_no}）核对后不符合立案条件。{_because(reason)}有疑问请打 12345。"


def force_closed(*, report_no: str, reason: str) -> str:
    return f"对不起，您报的问题（{report_no}）现在没有条件解决。{_because(reason)}"


def extended(*, report_no: str, reason: str) -> str:
    return f"您报的问题（{report_no}）要多花些时间才能办好。{_because(reason)}"


def suspended(*, report_no: str, reason: str) -> str:
    return f"您报的问题（{report_no}）暂缓处理，到期接着办。{_because(reason)}"


def merged(*, report_no: str) -> str:
    return f"您报的问题（{report_no}）别人也报了，我们一起办，结果会告诉您。"


def reopened(*, report_no: str) -> str:
    return f"您报的问题（{report_no}）重新办理了，办好了告诉您。"


def readmitted(*, report_no: str) -> str:
    return f"您报的问题（{report_no}）重新受理了，有进展告诉您。"


def correction(*, name: str, wrong: str, is_right: bool, answer: str) -> str:
    """Say what became of a resident's word that a facility's entry is wrong."""
    said = f"我们去看过：{brief(answer, _LINE).rstrip('。')}。" if answer else ""
    if is_right:
        return f"您说「{brief(name, 30)}」{wrong}，核实属实，我们已经处理。{said}谢谢您！"
    return f"您说「{brief(name, 30)}」{wrong}，我们核实后情况没有变。{said}谢谢您的提醒！"
