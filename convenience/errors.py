"""Every sentence about facilities that a person may meet."""

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class FacilityNotFound(NotFound):
    code = "facility_not_found"
    sentence = "没有找到这个设施，可能已经撤除，请回到列表再找。"


class KindNotFound(FacilityNotFound):
    code = "kind_not_found"
    sentence = "没有这一类设施，请从列表里选。"


class ImportNotFound(NotFound):
    code = "import_not_found"
    sentence = "没有找到这次导入，请回到导入记录再看。"


class CorrectionNotFound(NotFound):
    code = "correction_not_found"
    sentence = "没有找到这条纠错，请回到列表再看。"


class UnknownKind(Invalid):
    code = "unknown_kind"
    sentence = "没有这个设施类别，请重新选择。"


class KindTaken(Conflict):
    code = "kind_taken"
    sentence = "已有同样代码或名称的类别，请换一个。"


class BadKind(Invalid):
    code = "bad_kind"
    sentence = "类别代码用小写英文字母、数字和下划线，以字母开头，2 到 32 个；名称不超过 20 个字。"


# -- files ---------------------------------------------------------------------------------


TOO_LARGE_FOR_WEB = (
    "文件太大了：网页上一次最多 32 MB、20 万行，更大的请用命令 flask facilities import。"
)


class BadMapping(Invalid):
    """A mapping says something that cannot be; the sentence says what and where."""

    code = "bad_mapping"


class MappingNotFound(NotFound):
    code = "mapping_not_found"
    sentence = "没有这份对应关系，请重新选择。"


class DatumMissing(Invalid):
    code = "datum_missing"
    sentence = "请说明坐标是哪一种坐标系：不说明不能导入，因为弄错会偏出几百米。不清楚的话，请问提供数据的单位。"


class UnknownDatum(Invalid):
    code = "unknown_datum"
    sentence = "不认识这个坐标系：可用 wgs84、cgcs2000、gcj02、bd09、EPSG:编号，或写明投影参数。"


class TooManyFaults(Invalid):
    code = "too_many_faults"
    sentence = "有问题的行太多，多半是坐标系或列选错了，已停止检查。"


# -- imports -------------------------------------------------------------------------------


class StaleCheck(Conflict):
    code = "stale_check"
    sentence = "检查之后数据又有了变化，请看过新的对比再导入。"


class ImportBusy(Conflict):
    code = "import_busy"
    sentence = "这份文件正在处理，请等它做完。"


class FaultsLeft(Invalid):
    code = "faults_left"
    sentence = "还有不能导入的行，按要求一行也没有导入。请改好再试。"


class NotUndoable(Conflict):
    """An import cannot be undone; the sentence says what stands in the way."""

    code = "not_undoable"
    sentence = "这次导入已经撤销，或者还没有导入。"


# -- residents and feeds -------------------------------------------------------------------


class BadCorrection(Invalid):
    code = "bad_correction"
    sentence = "请选择哪里不对。"


class NoteTooLong(Invalid):
    code = "note_too_long"
    sentence = "文字太长了，请控制在 500 字以内。"


class AlreadySettled(Conflict):
    code = "already_settled"
    sentence = "这条纠错刚刚已经有人办理了。"


class BadRating(Invalid):
    code = "bad_rating"
    sentence = "请选择 1 到 5 颗星。"


class NotRated(Invalid):
    code = "not_rated"
    sentence = "这类设施不打分，谢谢您的关心。"


class TooManyWords(TooMany):
    code = "too_many_words"
    sentence = "您今天提交得比较多，请过一小时再试。谢谢您的热心。"


class BadSpaces(Invalid):
    """A number of free spaces cannot be; the sentence says why."""

    code = "bad_spaces"


# -- one facility, by hand -----------------------------------------------------------------


class BadFacility(Invalid):
    """Something typed cannot be; the sentence says what, all of it at once."""

    code = "bad_facility"


class CodeTaken(Conflict):
    code = "code_taken"
    sentence = "这个编号已经有了，请换一个，或留空由系统给一个。"


class StaleFacility(Conflict):
    code = "stale_facility"
    sentence = "您填写的时候，这个设施刚刚改过。请看清现在的内容，再决定要不要改。"


class NotAPhoto(Invalid):
    code = "not_a_photo"
    sentence = "这个文件不是能打开的照片：请用 10 MB 以内的 JPG、PNG 或 WebP。"


# -- live parking --------------------------------------------------------------------------


class UnknownKey(Forbidden):
    code = "unknown_key"
    sentence = "密钥不对或已停用，请向管理员要一个新的。"


class BadFeed(Invalid):
    """What a feed sent, or what is said of one, cannot be; the sentence says what."""

    code = "bad_feed"


class FeedTaken(Conflict):
    code = "feed_taken"
    sentence = "已有同名的数据源，请换一个名字。"


class ForbiddenAddress(Invalid):
    code = "forbidden_address"
    sentence = "这个地址不能取：只能用公网上的 http 或 https 地址。"
