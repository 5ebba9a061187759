"""Every sentence about cases that a person may meet."""

from kernel.errors import Conflict, Invalid, NotFound, TooLarge


class CaseNotFound(NotFound):
    code = "case_not_found"
    sentence = "没有找到这个上报编号，请核对后再试。"


class PhotoNotFound(NotFound):
    code = "photo_not_found"
    sentence = "没有找到这张照片。"


class IllegalMove(Conflict):
    code = "illegal_move"
    sentence = "案件现在不能这样办理，请刷新页面看看最新进展。"


class StaleCase(Conflict):
    code = "stale_case"
    sentence = "案件刚刚被别人办理过，请看过最新进展再决定。"


class KeyReused(Conflict):
    code = "key_reused"
    sentence = "这个页面已经提交过别的内容，请刷新后再办理。"


class NoteRequired(Invalid):
    code = "note_required"
    sentence = "请写明情况或原因。"


class NoteTooLong(Invalid):
    code = "note_too_long"
    sentence = "文字太长了，请控制在 500 字以内。"


class PhotoRequired(Invalid):
    code = "photo_required"
    sentence = "请附上处置后的照片。"


class UnknownBody(Invalid):
    code = "unknown_body"
    sentence = "请选择一个责任单位。"


class EmptyReport(Invalid):
    code = "empty_report"
    sentence = "请至少发一张照片或写一句话，并告诉我们在哪里。"


class TextTooLong(Invalid):
    code = "text_too_long"
    sentence = "文字太长了，请控制在 2000 字以内。"


class NotAPicture(Invalid):
    code = "not_a_picture"
    sentence = "这个文件不是能打开的照片，请换一张 JPG 或 PNG 照片。"


class PictureTooLarge(TooLarge):
    code = "picture_too_large"
    sentence = "照片太大了，请换一张小于 10 MB 的。"


class UnknownClass(Invalid):
    code = "unknown_class"
    sentence = "没有这个问题类别，请从列表里选一个。"


class BadPhone(Invalid):
    code = "bad_phone"
    sentence = "电话号码没看懂，请只填数字，例如 13812345678。"
