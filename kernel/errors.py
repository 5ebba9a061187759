"""Refusals: what the service answers when it will not do what was asked.

A refusal is a value: a code for programs and one sentence for the person who meets it. The
HTTP status is decided in one table at the edge (`kernel.web.STATUS`).
"""

from typing import ClassVar


class Refusal(Exception):
    """The service understood and declines; nothing was changed.

    `sentence` is Chinese, short, kind, and says what to do next.
    """

    code: ClassVar[str] = "refused"
    sentence: str = "这件事现在办不了，请稍后再试。"

    def __init__(self, sentence: str | None = None, **values: object) -> None:
        """Say the class's sentence or another one, with `%(name)s` filled in from `values`."""
        self.template = self.sentence if sentence is None else sentence
        self.values = values
        self.sentence = self.template % values if values else self.template
        super().__init__(self.sentence)


class NotFound(Refusal):
    code = "not_found"
    sentence = "没有找到，请核对后再试。"


class Conflict(Refusal):
    code = "conflict"
    sentence = "情况刚刚有了变化，请刷新后再试。"


class Forbidden(Refusal):
    code = "forbidden"
    sentence = "您没有办理这件事的权限，请联系管理员。"


class ForeignForm(Forbidden):
    code = "foreign_form"
    sentence = "请从本站的页面上提交。"


class Invalid(Refusal):
    code = "invalid"
    sentence = "填写的内容有误，请检查后再提交。"


class TooMany(Refusal):
    code = "too_many"
    sentence = "操作太频繁了，请稍等几分钟再试。"


class TooLarge(Refusal):
    code = "too_large"
    sentence = "文件太大了，请换小一点的再试。"


# -- files that somebody sends to be read (kernel.readers) ---------------------------------


class UnreadableFile(Invalid):
    code = "unreadable_file"
    sentence = "这份文件读不了：请用 CSV、Excel（.xlsx）或 GeoJSON 文件。"


class EmptyFile(Invalid):
    code = "empty_file"
    sentence = "文件里没有数据，请检查后再上传。"


class NoHeader(Invalid):
    code = "no_header"
    sentence = "没有找到列名那一行：请在数据上面加一行，写上各列的名称。"


class FileTooLarge(TooLarge):
    code = "file_too_large"
    sentence = "文件太大了，请拆成几份再导入。"
