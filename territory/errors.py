"""Every sentence about the district's tree that a person may meet."""

from kernel.errors import Conflict, Invalid, NotFound, TooLarge


class BadShape(Invalid):
    code = "bad_shape"
    sentence = "图形不能用，请在绘图软件里检查后再导出。"


class UnreadableFile(Invalid):
    code = "unreadable_file"
    sentence = "这个文件读不出来：请用 CSV（UTF-8 或 GBK）或 GeoJSON。"


class FileTooLarge(TooLarge):
    code = "file_too_large"
    sentence = "文件太大了：最多 32 MB、5 万行。请拆开再导入。"


class UnknownColumns(Invalid):
    code = "unknown_columns"
    sentence = "看不懂这些列：地域要有「编码、名称、类型、上级」，责任单位要有「编码、名称、类型」，人员要有「地域、职责、姓名」。"


class ImportNotFound(NotFound):
    code = "import_not_found"
    sentence = "没有找到这次导入。"


class ImportChanged(Conflict):
    code = "import_changed"
    sentence = "检查之后数据有了变化，请看过新的检查结果再确认。"


class AreaNotFound(NotFound):
    code = "area_not_found"
    sentence = "没有找到这个地域。"


class BodyNotFound(NotFound):
    code = "body_not_found"
    sentence = "没有找到这个责任单位。"
