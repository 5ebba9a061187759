"""What /me calls the things that are kept, and why and how long each is."""

from collections.abc import Mapping

from kernel.words import later

# The text that residents agree to. A changed text gets a new version and a template of its own;
# the old one stays, so that everybody can read what he agreed to.
PRIVACY_VERSIONS = ("2026-11-22",)
PRIVACY = PRIVACY_VERSIONS[-1]

# list of an export -> what residents call it
LISTS: Mapping[str, str] = {
    "reports": later("您的上报"),
    "additions": later("您补充的话"),
    "ratings": later("您的评价"),
    "followed": later("您关注的案件"),
    "unfinished_photos": later("没有用上的照片"),
    "balance": later("积分余额"),
    "movements": later("积分明细"),
    "redemptions": later("兑换记录"),
    "corrections": later("您指出的设施错误"),
    "draft": later("没写完的上报"),
    "notices": later("发给您的通知"),
    "subscriptions": later("您同意接收的订阅通知"),
}
# field of a row -> what residents call it
FIELDS: Mapping[str, str] = {
    "report_no": later("编号"),
    "reported_at": later("上报时间"),
    "status": later("状态"),
    "class": later("类别"),
    "text": later("内容"),
    "place": later("地点"),
    "latitude": later("纬度"),
    "longitude": later("经度"),
    "phone": later("电话"),
    "photos": later("照片张数"),
    "recordings": later("录音和视频个数"),
    "path": later("网页地址"),
    "at": later("时间"),
    "rated_at": later("评价时间"),
    "stars": later("星级"),
    "reason": later("理由"),
    "followed_at": later("关注时间"),
    "received_at": later("收到时间"),
    "state": later("情况"),
    "usable": later("可用积分"),
    "held": later("兑换中的积分"),
    "owed": later("欠的积分"),
    "what": later("事项"),
    "change": later("变动"),
    "after": later("变动后"),
    "no": later("单号"),
    "item": later("物品"),
    "price": later("积分"),
    "site": later("领取点"),
    "requested_at": later("申请时间"),
    "facility": later("设施"),
    "note": later("说明"),
    "title": later("标题"),
    "sent_at": later("发送时间"),
    "left_over": later("还能发几次"),
    "changed_at": later("变动时间"),
}
CHOICES: Mapping[tuple[str, bool], str] = {
    ("privacy", True): later("同意隐私说明"),
    ("privacy", False): later("撤回对隐私说明的同意"),
    ("notices", True): later("打开通知"),
    ("notices", False): later("关闭通知"),
    ("phone", True): later("留下或更改电话"),
    ("phone", False): later("删除电话"),
    ("export", True): later("下载自己的资料"),
    ("erasure", True): later("删除可以删除的资料"),
}
SAID: Mapping[str, str] = {
    "phone": later("电话已经改好。"),
    "no_phone": later("电话已经删除。"),
    "on": later("通知已经打开。"),
    "off": later("通知已经关闭。想看进度，请在「我的上报」里查。"),
    "agreed": later("已经记下您的同意。"),
    "withdrawn": later("已经撤回同意。您照样可以上报和查进度。"),
    "erased": later("可以删除的都删除了。"),
}
