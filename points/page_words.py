"""What residents' pages say of points, in the language of the page.

Notices are `wording`'s: they are written when nobody looks at a page, and are Chinese.
"""

from kernel.languages import moment
from kernel.words import gettext, later, ngettext

from .queries import OfferRow, RedemptionFile
from .rules import Period, Sort, Status

STEP_WORDS = {
    "request": later("提交兑换"),
    "approve": later("审核通过"),
    "refuse": later("没有通过"),
    "withdraw": later("您取消了"),
    "fulfil": later("已完成"),
    "cancel": later("您取消了"),
    "revoke": later("没有办成，积分退回"),
    "lapse": later("过期没有领，积分退回"),
    "fail": later("没有办成，积分退回"),
}


def in_points(count: int, form: str = "%d") -> str:
    """Say so many points: 5 分; with `%+d` as a change."""
    return ngettext("%(count)s 分", "%(count)s 分", abs(count), count=form % count)


def limit_words(offer: OfferRow) -> str:
    """Say how often a person may have this."""
    count = offer.limit_count
    return {
        Period.DAY: gettext("每天限换 %(count)s 次", count=count),
        Period.MONTH: gettext("每月限换 %(count)s 次", count=count),
        Period.YEAR: gettext("每年限换 %(count)s 次", count=count),
        Period.EVER: gettext("每人限换 %(count)s 次", count=count),
    }[Period(str(offer.limit_period))]


def next_words(file: RedemptionFile) -> str:
    """Say what comes next, promised in words that we can keep."""
    row, last = file.row, file.steps[-1]
    until, points = moment(row.lapses_at), in_points(row.price)
    ready = {
        Sort.GOODS: gettext(
            "请在 %(until)s 前去领取。到了以后，打开取货码给工作人员看。", until=until
        ),
        Sort.VOUCHER: gettext(
            "请在 %(until)s 前查看券码。看过以后就算用掉了，不能再取消。", until=until
        ),
        Sort.CREDIT: gettext("正在充值，到账后微信会告诉您。"),
        Sort.DONATION: gettext("正在办理。"),
    }
    due = moment(row.due_at)
    return {
        Status.REQUESTED: gettext("工作人员会在 %(due)s 前审核，结果微信告诉您。", due=due),
        Status.READY: ready[row.sort],
        Status.FULFILLED: last.note or gettext("谢谢您为身边的环境出力。"),
        Status.CANCELLED: gettext("%(points)s 已经退回。", points=points),
        Status.REFUSED: gettext(
            "原因：%(reason)s。%(points)s 已经退回。", reason=last.note, points=points
        ),
        Status.LAPSED: gettext("%(points)s 已经退回，已过期的除外。", points=points),
        Status.FAILED: gettext("%(points)s 已经退回，您可以换别的。", points=points),
    }[row.status]
