"""WeChat, and something that happens while it looks at words."""

from collections.abc import Awaitable, Callable

from app.wechat.client import WeChat
from app.wechat.texts import Scene, Verdict


class Overtaken(WeChat):
    """Asks another client, and lets ``meanwhile`` happen before it tells the verdict."""

    def __init__(self, wechat: WeChat, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._asked = wechat
        self._meanwhile = meanwhile

    async def check_text(
        self, openid: str, content: str, *, scene: Scene, title: str | None = None, nickname: str | None = None
    ) -> Verdict:
        verdict = await self._asked.check_text(openid, content, scene=scene, title=title, nickname=nickname)
        await self._meanwhile()
        return verdict
