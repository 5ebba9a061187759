"""Every sentence of the residents' own pages that says no."""

from kernel.errors import Invalid, NotFound, TooMany


class BrokenForm(Invalid):
    code = "broken_form"
    sentence = "页面没有完整打开，请刷新一下再提交。"


class NothingSaid(Invalid):
    code = "nothing_said"
    sentence = "请写一句哪里有问题，或者选一张照片。"


class NoPlace(Invalid):
    code = "no_place"
    sentence = "请告诉我们在哪里：写路名、小区或店名，或者点「用我现在的位置」。"


class TooManyPhotos(Invalid):
    code = "too_many_photos"
    sentence = "一次最多 9 张照片，请少选几张。"


class TooManyReports(TooMany):
    code = "too_many_reports"
    sentence = "刚刚收到了很多上报，请过十分钟再试，或拨打热线。"


class ReceiptNotFound(NotFound):
    code = "receipt_not_found"
    sentence = "没有找到这张回执，请用编号查办理进度。"
