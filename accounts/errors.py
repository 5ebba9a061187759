"""Every sentence about identity that a person may meet."""

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class BadCredentials(Forbidden):
    code = "bad_credentials"
    sentence = "用户名或密码不对，请再试一次。"


class LockedOut(TooMany):
    code = "locked_out"
    sentence = "错了太多次，请 15 分钟后再试，或请管理员重设密码。"


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


class BadCode(Forbidden):
    code = "bad_code"
    sentence = "验证码不对，请看手机验证器上现在的 6 位数字，再试一次。"


class SignInExpired(Forbidden):
    code = "sign_in_expired"
    sentence = "登录等得太久了，请重新输入用户名和密码。"


class SamePassword(Invalid):
    code = "same_password"
    sentence = "新密码和旧密码一样，请换一个。"


class PasswordsDiffer(Invalid):
    code = "passwords_differ"
    sentence = "两次输入的新密码不一样，请再输一次。"


class StaffNotFound(NotFound):
    code = "staff_not_found"
    sentence = "没有找到这位工作人员，请回到名单里找。"


class NotOneself(Conflict):
    code = "not_oneself"
    sentence = "不能这样改自己的帐号，请另一位管理员来改。"


class UnknownBody(Invalid):
    code = "unknown_staff_body"
    sentence = "没有这个责任单位，请从列表里选一个。"


class BadName(Invalid):
    code = "bad_name"
    sentence = "姓名请填 1 到 40 个字。"
