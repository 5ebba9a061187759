"""Every sentence about printing that an operator may meet.

These are read in a terminal or on the desk by somebody who holds a list of plates: each says which
plate, and what to change.
"""

from kernel.errors import Conflict, Invalid, Refusal


class BadAddress(Invalid):
    """The address would make a code that is too fine, or that no phone opens."""

    code = "bad_address"


class BadPlate(Invalid):
    """Something on a plate cannot be printed as it is."""

    code = "bad_plate"


class BadSpec(Invalid):
    code = "bad_spec"


class MissingGlyphs(BadPlate):
    """The font has no picture of a character; printing it would leave a hole in the plate."""

    code = "missing_glyphs"


class NoFont(Refusal):
    code = "no_font"
    sentence = "缺少印刷字体：请执行 local/setup.sh run 安装，再试一次。"


class BatchExists(Conflict):
    code = "batch_exists"


class BatchInProgress(Conflict):
    code = "batch_in_progress"
    sentence = "这个文件夹里正有一批在生成，请等它完成再试。"


class NotAsPlanned(Refusal):
    """The finished file was read back and says something else than it should."""

    code = "not_as_planned"
