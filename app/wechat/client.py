"""The door to WeChat's server API, one method for each thing it does for us; it never decides what follows from it."""

from collections.abc import Mapping

from app.core.db import Database
from app.core.settings import Settings, WeChatVersion
from app.wechat.answers import ImageAnswer, Phone, PhoneAnswer, SendAnswer, Session, SessionAnswer, TraceAnswer, read
from app.wechat.brakes import Brakes
from app.wechat.calls import CHECK_MEDIA, CHECK_TEXT, DRAW_CODE, GET_PHONE, LOG_IN, SEND_MESSAGE
from app.wechat.errors import WeChatBusy, WeChatError, WeChatUnreachable
from app.wechat.texts import SEVERITY, Scene, Verdict, pieces_of, read_verdict
from app.wechat.tokens import DatabaseTokens, MemoryTokens, Tokens
from app.wechat.transport import Transport

TOTAL_TIMEOUT_S = 8.0
PAUSE_S = 30.0
PICTURE = 2
"""A picture, and not a sound, in what is to be judged."""
STATES: Mapping[WeChatVersion, str] = {"release": "formal", "trial": "trial", "develop": "developer"}
"""What sending messages calls the versions of the mini-program; codes call them as we do."""


class WeChat:
    """WeChat for one mini-program; one instance a process, closed with ``aclose``.

    Each call answers or raises within ``timeout_s``, waiting for the token and repeating included.
    """

    def __init__(
        self,
        base_url: str,
        appid: str,
        secret: str,
        *,
        tokens: Tokens | None = None,
        timeout_s: float = TOTAL_TIMEOUT_S,
        brakes: Brakes | None = None,
        version: WeChatVersion = "release",
    ) -> None:
        """Keep the access token in ``tokens``; without them, in memory, as a tool does that is alone."""
        self._appid = appid
        self._version: WeChatVersion = version
        self._transport = Transport(
            base_url, appid, secret, tokens or MemoryTokens(), brakes or Brakes(1, PAUSE_S), timeout_s
        )

    @classmethod
    def of(cls, settings: Settings, database: Database) -> "WeChat":
        """Return the WeChat of this deployment, whose processes share the access token and WeChat's limits."""
        tokens = DatabaseTokens(database, settings.data_key.get_secret_value(), settings.wechat_appid)
        return cls(
            settings.wechat_base_url,
            settings.wechat_appid,
            settings.wechat_secret.get_secret_value(),
            tokens=tokens,
            brakes=Brakes(settings.wechat_processes, settings.wechat_pause_s),
            version=settings.wechat_version,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def exchange_code(self, code: str) -> Session:
        """Exchange the code of ``wx.login``, valid five minutes and once, for the user it names.

        A code is spent by its first use, so an unknown outcome is never repeated; only the answer -1 is, once. Raises
        LoginCodeInvalid, LoginCodeMissing, UserBlocked, TooFrequent, WeChatBusy, WeChatMisconfigured or another
        WeChatError. Source: 小程序登录凭证校验 (code2Session).
        """
        async with self._transport.deadline():
            answer = await self._transport.get(LOG_IN, {"js_code": code, "grant_type": "authorization_code"})
        session = read(SessionAnswer, answer)
        return Session(openid=session.openid, unionid=session.unionid)

    async def check_media(self, openid: str, url: str, *, scene: Scene) -> str:
        """Have WeChat fetch a picture at ``url`` and judge it for ``openid``, seen within two hours; return a trace id.

        The verdict comes by a push under that id within half an hour. Raises UserNotRecentlySeen, TooFrequent,
        WeChatBusy, WeChatMisconfigured, WeChatTokenRefused or another WeChatError. Source: 多媒体内容安全识别
        (mediaCheckAsync), version 2.
        """
        picture: dict[str, object] = {"media_url": url, "media_type": PICTURE}
        async with self._transport.deadline():
            answer = await self._transport.post(
                CHECK_MEDIA, {**picture, "version": 2, "scene": int(scene), "openid": openid}
            )
        return read(TraceAnswer, answer).trace_id

    async def get_phone(self, code: str, openid: str) -> Phone:
        """Exchange the code of the button ``getPhoneNumber``, valid five minutes and once, for the user's number.

        WeChat compares ``openid``: a code of somebody else is refused. An unknown outcome is never repeated. Raises
        PhoneCodeInvalid, TooFrequent, WeChatBusy, WeChatMisconfigured, WeChatTokenRefused or another WeChatError.
        Source: 获取手机号 (getPhoneNumber).
        """
        async with self._transport.deadline():
            answer = await self._transport.post(GET_PHONE, {"code": code, "openid": openid})
        shown = read(PhoneAnswer, answer).phone_info
        if shown.watermark.appid != self._appid:
            raise WeChatError(reason="WeChat gave a number that was shown to another mini-program")
        return Phone(shown.country_code, shown.number)

    async def draw_code(self, scene: str, page: str) -> bytes:
        """Return the picture, JPEG or PNG, of the code that opens ``page`` with ``scene``, 1 to 32 characters.

        WeChat looks whether a released mini-program has the page. Raises TooFrequent, WeChatBusy, WeChatMisconfigured,
        WeChatTokenRefused or another WeChatError. Source: 获取不限制的小程序码 (getUnlimitedQRCode).
        """
        version = {"env_version": self._version, "check_path": self._version == "release"}
        async with self._transport.deadline():
            answer = await self._transport.post(DRAW_CODE, {"scene": scene, "page": page, **version})
        return read(ImageAnswer, answer).image

    async def check_text(
        self, openid: str, content: str, *, scene: Scene, title: str | None = None, nickname: str | None = None
    ) -> Verdict:
        """Have WeChat judge a text that the user ``openid``, seen within two hours, wants to publish.

        A text above 2,500 characters is checked in overlapping pieces and the worst verdict stands. Only a readable
        verdict is returned; all else raises UserNotRecentlySeen, TooFrequent, WeChatBusy, WeChatMisconfigured,
        WeChatTokenRefused or another WeChatError. Source: 文本内容安全识别 (msgSecCheck), version 2.
        """
        worst: Verdict | None = None
        async with self._transport.deadline():
            for piece in pieces_of(content):
                body: dict[str, object] = {"version": 2, "scene": int(scene), "openid": openid, "content": piece}
                if title is not None:
                    body["title"] = title
                if nickname is not None:
                    body["nickname"] = nickname
                verdict = read_verdict(await self._transport.post(CHECK_TEXT, body))
                if worst is None or SEVERITY[verdict.suggest] > SEVERITY[worst.suggest]:
                    worst = verdict
                if worst.suggest == "risky":
                    break
        if worst is None:
            raise WeChatError(reason="No piece of the text was checked")
        return worst

    async def send_message(self, openid: str, template_id: str, page: str, fields: Mapping[str, str]) -> str | None:
        """Send a subscribe message; return its id, under which WeChat may tell later that it did not arrive.

        The fields keep WeChat's rules already, and ``page`` is what a tap on the message opens. Nothing is repeated:
        of the errors, -1, 43108, TooFrequent, WeChatUnreachable, WeChatTokenRefused and WeChatMisconfigured say that
        nothing was sent, and so does every errcode; a WeChatBusy without one leaves it open. Source: 发送订阅消息.
        """
        body = {
            "touser": openid,
            "template_id": template_id,
            "page": page,
            "data": {key: {"value": value} for key, value in fields.items()},
            "miniprogram_state": STATES[self._version],
        }
        try:
            async with self._transport.deadline():
                await self._transport.have_token()
        except WeChatBusy as error:
            raise WeChatUnreachable(error.errcode, error.rid, error.reason) from None
        async with self._transport.deadline():
            answer = await self._transport.post(SEND_MESSAGE, body)
        msgid = read(SendAnswer, answer).msgid
        return None if msgid is None else str(msgid)
