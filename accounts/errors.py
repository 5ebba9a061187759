"""Every sentence about identity that a person may meet."""

from kernel.errors import Conflict, Forbidden, Invalid, TooMany


class BadCredentials(Forbidden):
    code = "bad_credentials"
    sentence = "用户名或密码不对，请再试一次。"


class LockedOut(TooMany):
    code = "locked_out"
    sentence = "密码错了太多次，请 15 分钟后再试，或请管理员重设。"


class WeakPassword(Invalid):
    code = "weak_password"
    sentence = "密码太短，请用 10 个以上字符。"


class UsernameTaken(Conflict):
    code = "username_taken"
    sentence = "这个用户名已经有人用了，请换一个。"


class BadUsername(Invalid):
    code = "bad_username"
    sentence = "用户名请用 2 到 32 个小写字母、数字、点或横线。"


class BodyRequired(Invalid):
    code = "body_required"
    sentence = "责任单位人员要先选好所属的责任单位。"
