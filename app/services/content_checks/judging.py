"""Having words judged, between two short transactions and never inside one. No answer is a verdict too."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import structlog

from app.core.settings import Settings, SettingsError
from app.domain.kinds import Suggestion
from app.domain.sieve import Sieve, WordListError, read, shipped, shipped_entries
from app.wechat.client import WeChat
from app.wechat.errors import TooFrequent, WeChatBusy, WeChatError
from app.wechat.texts import Scene

log = structlog.get_logger(__name__)

SOON_S = 300
"""A limit that ends within this time is one of a minute; that of a day is left to people."""

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
    is_busy: bool = False
    """WeChat could not judge just now; a little later it may."""


def sieve_of(settings: Settings) -> Sieve:
    """Return the sieve of the shipped words and of those in the operator's file. Raises SettingsError for a bad one."""
    if settings.word_list is None:
        return shipped()
    try:
        own = list(read(settings.word_list.read_text("utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, WordListError) as error:
        raise SettingsError(f"ECHOWALL_WORD_LIST cannot be read: {error}") from error
    return Sieve([*shipped_entries(), *own])


class Judge:
    """Judges words: WeChat first, then the word list, which holds what WeChat lets pass and does no more than that."""

    def __init__(self, wechat: WeChat, sieve: Sieve | None = None) -> None:
        """Ask ``wechat``, and look for the words that ``sieve`` knows: by default those that are shipped."""
        self._wechat = wechat
        self._sieve = shipped() if sieve is None else sieve

    async def judge(self, words: Words) -> Judgement:
        """Return what is made of the words; whatever goes wrong is ``failed``, on which nothing is published.

        The title stands in its own field and in the content as well, so that words over both are seen.
        """
        content = "\n".join(filter(None, (words.title, words.content)))
        found = self._sieve.find(content)
        if words.openid is None:
            return Judgement("failed", words.fingerprint, found=found)
        try:
            verdict = await self._wechat.check_text(
                words.openid, content, scene=words.scene, title=words.title, nickname=words.nickname
            )
        except WeChatError as error:
            log.warning("content check failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
            is_busy = isinstance(error, WeChatBusy) or (
                isinstance(error, TooFrequent) and error.retry_after_s <= SOON_S
            )
            return Judgement("failed", words.fingerprint, found=found, is_busy=is_busy)
        suggest = Suggestion(verdict.suggest)
        outcome: Outcome = "review" if verdict.suggest == "pass" and found else verdict.suggest
        return Judgement(outcome, words.fingerprint, suggest, verdict.label, verdict.trace_id, found)
