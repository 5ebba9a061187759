"""What residents are told about their points: short, kind, and what to do next.

A title has five characters at most, as where the platform lets us send no more than a template.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kernel import clock

from .events import (
    AppealDecided,
    PointsAdjusted,
    PointsAwarded,
    PointsExpireSoon,
    PointsFrozen,
    PointsReclaimed,
    PointsUnfrozen,
    RedemptionCancelled,
    RedemptionEvent,
    RedemptionFailed,
    RedemptionFulfilled,
    RedemptionLapsed,
    RedemptionReady,
    RedemptionRefused,
    RedemptionRequested,
)
from .rules import Sort


@dataclass(frozen=True)
class Said:
    """A notice: `topic` keeps those of one matter in order, `fact` is told once; `path` is ours."""

    title: str
    text: str
    topic: str
    fact: str | None
    path: str
    subject: str | None = None


def said(event: object) -> Said:
    """Return what the person is told of an event of this package."""
    return _SAID[type(event)](event)


def day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def moment(instant: datetime) -> str:
    """Say until when: 12月6日 18:00."""
    then = clock.in_city(instant)
    return f"{then.month}月{then.day}日 {then:%H:%M}"


def _awarded(event: PointsAwarded) -> Said:
    if event.points == 0:
        text = f"您上报的 {event.report_no} 照常办理，这次不计积分：{event.withheld}。谢谢您。"
        title = "不计积分"
    else:
        less = f"（{event.withheld}，这次少计了一些）" if event.withheld else ""
        until = f"，{day(event.expires_on)}前可用" if event.expires_on else ""
        text = (
            f"您上报的 {event.report_no} 立案了，奖励 {event.points} 分{less}{until}。"
            f"现在一共 {event.balance} 分，可以换东西。"
        )
        title = "积分到账"
    fact = f"points:award:{event.case_id}:{event.citizen_id}"
    # After the word of the same report that it was filed.
    return Said(title, text, f"case:{event.case_id}", fact, "/points", event.report_no)


def _reclaimed(event: PointsReclaimed) -> Said:
    owed = f"其中 {event.owed} 分已经用掉，记为欠分，以后得的积分先抵还。" if event.owed else ""
    text = (
        f"有一件上报的积分被收回，共 {event.points} 分。原因：{event.reason.rstrip('。')}。{owed}"
        "如果您认为不对，可以申诉，由另一位工作人员重新看。"
    )
    fact = f"points:reclaim:{event.case_id}:{event.citizen_id}"
    return Said("积分收回", text, f"points:{event.citizen_id}", fact, "/points#appeal")


def _adjusted(event: PointsAdjusted) -> Said:
    change = f"{event.change:+} 分" if event.change else "没有变化"
    text = f"{event.words}：{event.reason.rstrip('。')}。可用积分{change}，现在一共 {event.balance} 分。"
    return Said("积分变动", text, f"points:{event.citizen_id}", None, "/points")


def _expire_soon(event: PointsExpireSoon) -> Said:
    text = f"您有 {event.points} 分，{day(event.on)}以后就不能用了。可以先看看能换什么。"
    fact = f"points:expire:{event.citizen_id}:{event.on}"
    return Said("积分到期", text, f"points:{event.citizen_id}", fact, "/points/mall")


def _frozen(event: PointsFrozen) -> Said:
    text = (
        f"您的积分先不能用了，要核对一下。原因：{event.reason.rstrip('。')}。积分都还在，上报照样计分。"
        "如果您认为不对，可以申诉，由另一位工作人员重新看。"
    )
    fact = f"points:freeze:{event.freeze_id}"
    return Said("积分核对", text, f"points:{event.citizen_id}", fact, "/points#appeal")


def _unfrozen(event: PointsUnfrozen) -> Said:
    text = f"您的积分核对好了，可以照常用了。{event.reason.rstrip('。')}。让您久等了。"
    fact = f"points:unfreeze:{event.freeze_id}"
    return Said("积分恢复", text, f"points:{event.citizen_id}", fact, "/points")


def _appeal_decided(event: AppealDecided) -> Said:
    if event.is_upheld:
        outcome = "您的申诉成立。" + (
            "积分经复核后退还给您。" if event.about == "case" else "积分可以照常用了。"
        )
    else:
        outcome = "您的申诉看过了，还是维持原来的处理。"
    text = f"{outcome}{event.answer.rstrip('。')}。有疑问可以打服务电话。"
    fact = f"points:appeal:{event.appeal_id}"
    return Said("申诉结果", text, f"points:{event.citizen_id}", fact, "/points#appeal")


_Words = Callable[[RedemptionEvent], str]


def _requested(event: RedemptionEvent) -> str:
    return f"您要换的「{event.item_name}」已提交，{event.price} 分先留着。审核好了会告诉您。"


def _ready(event: RedemptionEvent) -> str:
    until = f"请在 {moment(event.lapses_at)} 前"
    if event.sort == Sort.GOODS:
        return (
            f"「{event.item_name}」可以领了。{until}到{event.site_name}，"
            "打开下面的页面给工作人员扫一扫。"
        )
    if event.sort == Sort.VOUCHER:
        return f"「{event.item_name}」可以领了。{until}打开下面的页面，查看券码。"
    return f"「{event.item_name}」正在充值，到账后会告诉您。"


def _fulfilled(event: RedemptionEvent) -> str:
    if event.note:
        return f"「{event.item_name}」{event.note}。用了 {event.price} 分。"
    if event.sort == Sort.DONATION:
        return f"您捐出的 {event.price} 分已用于「{event.item_name}」，谢谢您的爱心。"
    if event.sort == Sort.CREDIT:
        return f"「{event.item_name}」已到账，用了 {event.price} 分。"
    return f"「{event.item_name}」已领取，用了 {event.price} 分。不是您领的，请马上打服务电话。"


def _cancelled(event: RedemptionEvent) -> str:
    return f"「{event.item_name}」已取消，{event.price} 分退回给您了。"


def _refused(event: RedemptionEvent) -> str:
    reason = (event.note or "").rstrip("。")
    return f"「{event.item_name}」没有通过：{reason}。{event.price} 分已退回给您。"


def _lapsed(event: RedemptionEvent) -> str:
    return f"「{event.item_name}」过了领取时间，{event.price} 分已退回（过期的除外）。"


def _failed(event: RedemptionEvent) -> str:
    return f"「{event.item_name}」没有办成，{event.price} 分已退回给您，可以换别的。"


_STEPS: dict[type[RedemptionEvent], tuple[str, _Words]] = {
    RedemptionRequested: ("兑换提交", _requested),
    RedemptionReady: ("兑换可领", _ready),
    RedemptionFulfilled: ("兑换完成", _fulfilled),
    RedemptionCancelled: ("兑换取消", _cancelled),
    RedemptionRefused: ("兑换未过", _refused),
    RedemptionLapsed: ("兑换过期", _lapsed),
    RedemptionFailed: ("兑换未成", _failed),
}


def _stepped(event: RedemptionEvent) -> Said:
    title, words = _STEPS[type(event)]
    matter = f"redemption:{event.redemption_id}"
    return Said(
        title,
        words(event),
        topic=matter,
        fact=f"{matter}:{event.seq}",
        path=f"/points/redemptions/{event.redemption_id}",
        subject=str(event.no),
    )


_SAID: dict[type[object], Callable[[Any], Said]] = {
    PointsAwarded: _awarded,
    PointsReclaimed: _reclaimed,
    PointsAdjusted: _adjusted,
    PointsExpireSoon: _expire_soon,
    PointsFrozen: _frozen,
    PointsUnfrozen: _unfrozen,
    AppealDecided: _appeal_decided,
    **dict.fromkeys(_STEPS, _stepped),
}
TOLD = tuple(_SAID)
