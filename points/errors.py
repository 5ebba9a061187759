"""Every sentence about points that a person may meet."""

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal


class BadAmount(Invalid):
    code = "bad_amount"
    sentence = "积分必须是 1 到 1000000 之间的整数。"


class BadKey(Invalid):
    code = "bad_key"
    sentence = "请求编号不正确，请刷新页面后再试。"


class KeyReused(Conflict):
    code = "key_reused"
    sentence = "这个页面已经提交过别的内容，请刷新后再办理。"


class WalletFrozen(Forbidden):
    code = "wallet_frozen"
    sentence = "您的积分正在核对，暂时不能使用。如有疑问请拨打服务热线。"


class InDebt(Conflict):
    code = "in_debt"
    sentence = "您还有被收回而未抵还的积分，抵还后就可以继续兑换。"


class InsufficientPoints(Conflict):
    code = "insufficient_points"
    sentence = "积分不够，再攒一攒吧。"


class SoldOut(Conflict):
    code = "sold_out"
    sentence = "已经兑完了，看看别的吧。"


class LimitReached(Conflict):
    code = "limit_reached"
    sentence = "您已达到这件商品的兑换次数上限。"


class NotOffered(Conflict):
    code = "not_offered"
    sentence = "这件商品现在不能兑换，看看别的吧。"


class ItemChanged(Conflict):
    code = "item_changed"
    sentence = "商品信息刚刚有变化，请看过最新内容再兑换。"


class UnknownItem(NotFound):
    code = "unknown_item"
    sentence = "没有找到这件商品。"


class UnknownSite(Invalid):
    code = "unknown_site"
    sentence = "请选择一个领取点。"


class BadPhone(Invalid):
    code = "bad_phone"
    sentence = "请填写 11 位手机号码。"


class BadItem(Invalid):
    code = "bad_item"
    sentence = "商品信息不完整，请检查后再保存。"


class BadSite(Invalid):
    code = "bad_site"
    sentence = "领取点要有名称和地址，名称不能和别的领取点相同。"


class NotAShopKeeper(Invalid):
    code = "not_a_shop_keeper"
    sentence = "这位同事不是兑换点人员，请先由管理员设置角色。"


class NoSiteOfMine(Forbidden):
    code = "no_site_of_mine"
    sentence = "还没有给您安排领取点，请联系积分管理员。"


class NobodyFound(NotFound):
    code = "nobody_found"
    sentence = "没有找到。请核对积分号、上报编号或兑换编号。匿名上报查不到人。"


class BadRules(Invalid):
    code = "bad_rules"
    sentence = "积分规则填写有误，请检查后再保存。"


class BadCodes(Invalid):
    code = "bad_codes"
    sentence = "券码文件里有空行、过长或重复的券码，没有导入任何一个。"


class RedemptionNotFound(NotFound):
    code = "redemption_not_found"
    sentence = "没有找到这次兑换。"


class IllegalMove(Conflict):
    code = "illegal_move"
    sentence = "这次兑换现在不能这样办理，请刷新页面看看最新进展。"


class NoteRequired(Invalid):
    code = "note_required"
    sentence = "请写明原因。"


class OwnAffair(Forbidden):
    code = "own_affair"
    sentence = "不能办理自己的积分，请交给同事。"


class SecondPersonRequired(Forbidden):
    code = "second_person_required"
    sentence = "这一步要由另一位同事复核。"


class WrongCode(Invalid):
    code = "wrong_code"
    sentence = "取货码不对或已过期，请让居民刷新后再试。"


class CodeLocked(Conflict):
    code = "code_locked"
    sentence = "输错次数太多，请居民在手机上刷新取货码。"


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    sentence = "没有找到这笔积分。"


class NothingToAppeal(NotFound):
    code = "nothing_to_appeal"
    sentence = "没有可以申诉的处理。如有疑问请拨打服务热线。"


class AppealNotFound(NotFound):
    code = "appeal_not_found"
    sentence = "没有找到这条申诉。"


class AlreadyDecided(Conflict):
    code = "already_decided"
    sentence = "这条已经由同事处理，请刷新页面看看结果。"


class LinkedElsewhere(Conflict):
    code = "linked_elsewhere"
    sentence = "这个登录帐号已经记在另一位居民名下。请核对帐号，或请管理员更正。"


class UnknownUsername(NotFound):
    code = "unknown_username"
    sentence = "没有这个登录帐号，请核对后再填。"


class ClockDoubted(Conflict):
    code = "clock_doubted"
    sentence = "日期和上一次处理的日期对不上，请核对服务器时间后由两人确认。"


BY_CODE: dict[str, type[Refusal]] = {
    refusal.code: refusal
    for refusal in (
        WalletFrozen,
        InDebt,
        InsufficientPoints,
        SoldOut,
        LimitReached,
        NotOffered,
        ItemChanged,
        UnknownItem,
        UnknownSite,
    )
}
