"""Every sentence about cases that a person may meet."""

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge


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
    sentence = "请附上现场照片。"


class NotYourMove(Forbidden):
    code = "not_your_move"
    sentence = "这一步不归您的岗位办理，请交给有权限的同事。"


class NotYourCase(NotFound):
    code = "not_your_case"
    sentence = "没有找到这个案件，或者它不归您的单位办理。"


class UnknownCondition(Invalid):
    code = "unknown_condition"
    sentence = "请从列表里选一个立案条件。"


class UnknownReason(Invalid):
    code = "unknown_reason"
    sentence = "请从列表里选一个不予受理的原因。"


class NoSuchTarget(Invalid):
    code = "no_such_target"
    sentence = "请选择一个正在办理的案件来并案。"


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


class TooMuchAdded(NotFound):
    code = "too_much_added"
    sentence = "这一件补充得够多了，我们都看得到。有别的问题，请另外报一件。"


class AlreadyAsked(Conflict):
    code = "already_asked"
    sentence = "这个案件已有一份申请在等审批，请等结果出来再申请。"


class NoMorePermits(Conflict):
    code = "no_more_permits"
    sentence = "延期最多两次，挂账只有一次，这个案件已经用完了。"


class PermitTooLate(Conflict):
    code = "permit_too_late"
    sentence = "处置时限已过，不能再申请延期。请尽快处置并反馈。"


class UnfitDay(Invalid):
    code = "unfit_day"
    sentence = "请选择今天以后、一年以内的日期。"


class NoSuchPermit(NotFound):
    code = "no_such_permit"
    sentence = "没有找到这份申请，请刷新页面。"


class StarsWanted(Invalid):
    code = "stars_wanted"
    sentence = "请选一到五颗星。"


class RatedAlready(Conflict):
    code = "rated_already"
    sentence = "您的意见我们已经收到了，谢谢您。"


class RatingWindowOver(Conflict):
    code = "rating_window_over"
    sentence = "已经超过 15 天，不能再评价了。问题还在的话，请重新上报。"


class NotADecision(Conflict):
    code = "not_a_decision"
    sentence = "这条意见已经有人办理过了，请刷新页面。"


class TooManyViews(Conflict):
    code = "too_many_views"
    sentence = "保存的列表太多了，请先删掉几个不用的。"


class NoSuchFile(NotFound):
    code = "no_such_file"
    sentence = "没有这种格式的文件，请回到指标页面重新导出。"


class NothingToShow(Invalid):
    code = "nothing_to_show"
    sentence = "只有已经办结、前后照片都在的案件才能公开，请刷新页面再看。"


class RulesChanged(Conflict):
    code = "rules_changed"
    sentence = "派遣规则的草稿刚刚被别人改过，请看过再改。"


class NoSuchRule(NotFound):
    code = "no_such_rule"
    sentence = "草稿里没有这一条规则，请刷新页面。"


class UnfitRule(Invalid):
    code = "unfit_rule"
    sentence = "这条规则写得不完整，请检查。"


class RulesClash(Conflict):
    code = "rules_clash"
    sentence = "有一条规则说的是同样的案件，请合成一条。"


class RulesUntried(Conflict):
    code = "rules_untried"
    sentence = "草稿改过之后还没有试算，请先试算、看过结果再启用。"


class TooManyRules(Conflict):
    code = "too_many_rules"
    sentence = "规则太多了（最多 2000 条），请先合并一些。"


class NoProposal(Conflict):
    code = "no_proposal"
    sentence = "没有规则管这个案件，请自己选择责任单位。"
