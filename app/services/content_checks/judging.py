"""Having words judged: by WeChat, between two short transactions and never inside one. No answer is a verdict too."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import structlog

from app.domain.kinds import Suggestion
from app.wechat.client import WeChat
from app.wechat.errors import WeChatError
from app.wechat.texts import Scene

log = structlog.get_logger(__name__)

Outcome = Literal["pass", "review", "risky", "failed"]


@dataclass(frozen=True, slots=True)
class Words:
    """What is judged, as whom. Without an ``openid`` WeChat cannot be asked, and a person looks."""

    openid: str | None
    content: str
    title: str | None = None
    nickname: str | None = None
    scene: Scene = Scene.FORUM

    @property
    def fingerprint(self) -> bytes:
        """By which the words are known again."""
        return hashlib.sha256("\x1f".join((self.title or "", self.content)).encode()).digest()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of it. ``suggest``, ``label`` and ``trace_id`` are WeChat's own, None when it gave no verdict."""

    outcome: Outcome
    fingerprint: bytes
    suggest: Suggestion | None = None
    label: int | None = None
    trace_id: str | None = None
    found: tuple[str, ...] = ()


async def judge(wechat: WeChat, words: Words) -> Judgement:
    """Return what WeChat makes of the words; whatever goes wrong is ``failed``, which nothing is published on.

    The title stands in its own field and in the content as well, so that words over both are seen.
    """
    if words.openid is None:
        return Judgement("failed", words.fingerprint)
    content = "\n".join(filter(None, (words.title, words.content)))
    try:
        verdict = await wechat.check_text(
            words.openid, content, scene=words.scene, title=words.title, nickname=words.nickname
        )
    except WeChatError as error:
        log.warning("content check failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
        return Judgement("failed", words.fingerprint)
    suggest = Suggestion(verdict.suggest)
    return Judgement(verdict.suggest, words.fingerprint, suggest, verdict.label, verdict.trace_id)
