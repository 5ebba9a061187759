"""Every sentence about signs that a person may meet."""

from kernel.errors import Conflict, Invalid, NotFound, TooMany


class SignNotFound(NotFound):
    code = "sign_not_found"
    sentence = "没有这个标牌编号，请对照牌面再输一次。"


class ReceiptNotFound(NotFound):
    code = "receipt_not_found"
    sentence = "没有找到这次上报，请用编号查询办理进度。"


class SiteNotFound(NotFound):
    code = "site_not_found"
    sentence = "没有这个标牌点位，请回到列表里找。"


class PlateNotFound(NotFound):
    code = "plate_not_found"
    sentence = "没有这块标牌，请回到列表里找。"


class ImportNotFound(NotFound):
    code = "import_not_found"
    sentence = "没有这次导入。"


class PhotoNotFound(NotFound):
    code = "photo_not_found"
    sentence = "没有找到这张照片。"


class TooManyUnknownCodes(TooMany):
    code = "too_many_unknown_codes"
    sentence = "输错的次数太多了，请过十分钟再试，或拨打牌面上的电话。"


class TooManyReports(TooMany):
    code = "too_many_reports"
    sentence = "这里刚刚收到了很多上报，请过十分钟再试，或拨打热线。"


class BrokenForm(Invalid):
    code = "broken_form"
    sentence = "页面没有完整打开，请刷新一下再提交。"


class NothingSaid(Invalid):
    code = "nothing_said"
    sentence = "请写一句哪里有问题，或者选一张照片。"


class TooManyPhotos(Invalid):
    code = "too_many_photos"
    sentence = "一次最多 3 张照片，请少选几张。"


class IllegalPlateMove(Conflict):
    code = "illegal_plate_move"
    sentence = "这块标牌现在不能这样办理，请刷新页面看看最新状态。"


class StalePlate(Conflict):
    code = "stale_plate"
    sentence = "这块标牌刚刚被别人办理过，请看过最新状态再决定。"


class KeyReused(Conflict):
    code = "key_reused"
    sentence = "这个页面已经提交过别的内容，请刷新后再办理。"


class PhotoRequired(Invalid):
    code = "photo_required"
    sentence = "请拍一张装好后的照片：看得清牌面和周围。"


class NoteRequired(Invalid):
    code = "note_required"
    sentence = "请写明情况或原因。"


class NoteTooLong(Invalid):
    code = "note_too_long"
    sentence = "文字太长了，请控制在 300 字以内。"


class OtherSiteRequired(Invalid):
    code = "other_site_required"
    sentence = "请填写移到哪个点位（标牌编号），而且不能是现在的点位。"


class NumberTaken(Conflict):
    code = "number_taken"
    sentence = "这个标牌编号已经有了，请换一个。"


class NothingToPrint(Invalid):
    code = "nothing_to_print"
    sentence = "没有等待印制的标牌。"


class NotToPrint(Invalid):
    """Signs that were named have nothing to print; the sentence says which."""

    code = "not_to_print"


class TooManyToPrint(Invalid):
    code = "too_many_to_print"
    sentence = "一批最多 2500 块：请分几批印，或请管理员用命令 flask signs print。"


class PrintingAlready(Conflict):
    code = "printing_already"
    sentence = "其中有标牌正在印制：请等那一批印完，再看还差哪些。"


class UnknownLayout(Invalid):
    code = "unknown_layout"
    sentence = "没有这种版式，请重新选择。"


class PrintJobNotFound(NotFound):
    code = "print_job_not_found"
    sentence = "没有这次印制，或者它没有放出文件。"


class NoTrouble(Invalid):
    code = "no_trouble"
    sentence = "请选一项：牌子怎么了。"


class BadCheckFile(Invalid):
    code = "bad_check_file"
    sentence = (
        "这不是校验文件：请上传平台给的 .txt 原文件，不要改名。"
        "名字只有字母、数字、短横和下划线，内容是 1024 字节以内的一行英文和数字。"
    )


class TooManyCheckFiles(Conflict):
    code = "too_many_check_files"
    sentence = "校验文件已经有 100 个：请先删掉不用的。"


class DatumMissing(Invalid):
    code = "datum_missing"
    sentence = "请说明坐标系：wgs84、gcj02 或 bd09。说错了，标牌会差出几百米。"


class FaultsLeft(Invalid):
    code = "faults_left"
    sentence = "文件里有不能导入的行，按要求一行也没有导入。"


class NotUndoable(Conflict):
    code = "not_undoable"
    sentence = "这次导入不能撤销：已经撤销过，或者之后又有改动。"


class NotAFile(Invalid):
    code = "not_a_file"
    sentence = "请选择一份文件。"
