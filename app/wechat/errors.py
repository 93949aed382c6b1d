"""What WeChat's refusals mean: one table from ``errcode`` to a class; it never decides what the user is told.

Sources: the error lists of WeChat's mini-program documentation (pages 小程序登录凭证校验, 获取稳定版接口调用凭据,
文本内容安全识别) and its global list of return codes (全局返回码), from which 40163, 41008 and 45009 come.
"""
# ruff: noqa: N818 - each name says what happened; a suffix would add nothing

import re
from collections.abc import Mapping
from types import MappingProxyType

BUSY = -1
WRONG_SECRET_OR_TOKEN = 40001
LIMIT_PER_MINUTE_ERRCODES = frozenset({44990, 44991})
"""Those of the mini-program as a whole; 45011 may be one user's."""

LIMIT_PER_DAY_ERRCODES = frozenset({44993, 45009})
LIMIT_PER_MINUTE_WAIT_S = 60
LIMIT_PER_DAY_WAIT_S = 3600
"""The limit ends with WeChat's day; an hour is a bearable guess that does not promise the moment."""
BUSY_WAIT_S = 5

NO_MEANINGS: Mapping[int, type["WeChatError"]] = MappingProxyType({})
RID = re.compile(r"rid: ?([0-9A-Za-z-]{1,64})")


class WeChatError(Exception):
    """WeChat did not do what was asked.

    ``errcode`` is WeChat's own, or None when there was none to read; ``rid`` is what its interface 查询 rid 信息 can
    explain for seven days. The text holds nothing that WeChat or the caller sent except these two.
    """

    def __init__(self, errcode: int | None = None, rid: str | None = None, reason: str = "") -> None:
        self.errcode = errcode
        self.rid = rid
        self.reason = reason or f"WeChat answered errcode {errcode}"
        super().__init__(self.reason if rid is None else f"{self.reason} (rid {rid})")


class LoginCodeInvalid(WeChatError):
    """The log-in code is expired, used, or of another mini-program: the client calls ``wx.login`` once more."""


class PhoneCodeInvalid(WeChatError):
    """The phone code is expired, used, a log-in code, or of another user: its button must be tapped again."""


class LoginCodeMissing(WeChatError):
    """No log-in code was sent; validation should have caught it."""


class UserBlocked(WeChatError):
    """WeChat holds this user for high-risk and lets nobody log them in. Not to be retried."""


class TooFrequent(WeChatError):
    """A limit of WeChat is reached; nothing is gained by asking again before ``retry_after_s``."""

    @property
    def retry_after_s(self) -> int:
        """Seconds to wait: a minute, or an hour when the limit is that of a day."""
        return LIMIT_PER_DAY_WAIT_S if self.errcode in LIMIT_PER_DAY_ERRCODES else LIMIT_PER_MINUTE_WAIT_S


class WeChatBusy(WeChatError):
    """WeChat gave no usable answer: -1, a time-out, a broken connection, 5xx, or a body that is not its JSON."""

    retry_after_s = BUSY_WAIT_S


class WeChatUnreachable(WeChatBusy):
    """Nothing was sent, for want of a connection or a token or after too many failures: WeChat has not acted."""


class WeChatMisconfigured(WeChatError):
    """AppID, AppSecret, the allow-list of addresses or the account is wrong: an operator must act."""


class WeChatTokenRefused(WeChatError):
    """The access token is refused, even after it was fetched anew."""


class UserNotRecentlySeen(WeChatError):
    """The user has not opened the mini-program within two hours, so WeChat checks no text in their name."""


CLASS_BY_ERRCODE: Mapping[int, type[WeChatError]] = MappingProxyType(
    {
        BUSY: WeChatBusy,
        40029: LoginCodeInvalid,
        40163: LoginCodeInvalid,
        41008: LoginCodeMissing,
        40226: UserBlocked,
        44990: TooFrequent,
        44991: TooFrequent,
        44993: TooFrequent,
        45009: TooFrequent,
        45011: TooFrequent,
        WRONG_SECRET_OR_TOKEN: WeChatTokenRefused,
        40014: WeChatTokenRefused,
        42001: WeChatTokenRefused,
        61010: UserNotRecentlySeen,
        40002: WeChatMisconfigured,
        40013: WeChatMisconfigured,
        40125: WeChatMisconfigured,
        40164: WeChatMisconfigured,
        40243: WeChatMisconfigured,
        41002: WeChatMisconfigured,
        41004: WeChatMisconfigured,
        43002: WeChatMisconfigured,
        50004: WeChatMisconfigured,
        50007: WeChatMisconfigured,
        89503: WeChatMisconfigured,
        89506: WeChatMisconfigured,
        89507: WeChatMisconfigured,
    }
)


def error_for(
    errcode: int, errmsg: object, *, proves_secret: bool, meanings: Mapping[int, type[WeChatError]] = NO_MEANINGS
) -> WeChatError:
    """Return the error that ``errcode`` means; an unknown one is a plain WeChatError.

    ``proves_secret`` is true for calls that carry the AppSecret: there 40001 says that the secret is wrong, elsewhere
    that the token is. ``meanings`` are those of one endpoint alone. Of ``errmsg`` only the rid is kept.
    """
    found = RID.search(errmsg) if isinstance(errmsg, str) else None
    rid = found.group(1) if found else None
    if proves_secret and errcode == WRONG_SECRET_OR_TOKEN:
        return WeChatMisconfigured(errcode, rid)
    return (meanings.get(errcode) or CLASS_BY_ERRCODE.get(errcode, WeChatError))(errcode, rid)
