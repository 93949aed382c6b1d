"""WeChat's endpoints, one entry each: what its documentation says of calling it; it never calls any."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.wechat.errors import PhoneCodeInvalid, TooFrequent, WeChatError


@dataclass(frozen=True, slots=True)
class Call:
    """One endpoint.

    It carries the access token, or the AppSecret where ``proves_secret``. ``busy_repeats`` is how often the answer -1
    is asked again, ``reconnects`` how often a connection that never came about; an unknown outcome is never repeated.
    ``per_minute`` is WeChat's limit for all of the mini-program's calls together, and ``meanings`` are errcodes that
    mean something of their own here. Success is a JSON object, or an image where ``answers_image``.
    """

    path: str
    proves_secret: bool = False
    busy_repeats: int = 2
    reconnects: int = 1
    per_minute: int | None = None
    answers_image: bool = False
    meanings: Mapping[int, type[WeChatError]] = field(default_factory=dict)


LOG_IN = Call("/sns/jscode2session", proves_secret=True, busy_repeats=1, reconnects=0)
"""小程序登录凭证校验 (code2Session). A code is spent by its first use; -1 is the one answer that leaves it unspent."""

GET_TOKEN = Call("/cgi-bin/stable_token", proves_secret=True, per_minute=10_000)
"""获取稳定版接口调用凭据 (getStableAccessToken), in normal mode: it gives everybody the same token."""

CHECK_TEXT = Call("/wxa/msg_sec_check", per_minute=4_000)
"""文本内容安全识别 (msgSecCheck), version 2."""

CHECK_MEDIA = Call("/wxa/media_check_async", per_minute=2_000, meanings={87020: TooFrequent})
"""多媒体内容安全识别 (mediaCheckAsync), version 2. Asked twice, it answers twice, under two trace ids."""

GET_PHONE = Call(
    "/wxa/business/getuserphonenumber",
    busy_repeats=1,
    reconnects=0,
    meanings=dict.fromkeys((40003, 40013, 40029, 40163, 43104), PhoneCodeInvalid),
)
"""获取手机号 (getPhoneNumber). A code is spent by its first use, as that of the log-in."""

DRAW_CODE = Call("/wxa/getwxacodeunlimit", per_minute=5_000, answers_image=True)
"""获取不限制的小程序码 (getUnlimitedQRCode)."""

SEND_MESSAGE = Call("/cgi-bin/message/subscribe/send", busy_repeats=0, reconnects=0)
"""发送订阅消息 (sendMessage). Whoever calls it keeps account of what was sent, and repeats what surely was not."""
