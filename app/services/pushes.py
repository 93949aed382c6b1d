"""Taking what WeChat pushed: each event once, by the function of its kind, in one transaction with its mark.

Events come twice, late and in any order. What a function cannot do yet stays in the inbox and is tried again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.services import leaving, push_inbox, revocations, subscriptions
from app.services.media import checks
from app.services.subscriptions import Answers
from app.wechat import push_events
from app.wechat.push_events import UNREADABLE, Push, media_verdict

log = structlog.get_logger(__name__)

DONE = "done"
NOT_OURS = "nobody of ours"
NOTHING_OF_IT = "nothing of it here"
NAME_ITEMS, PHONE_ITEMS, PICTURE_ITEMS = frozenset({6, 19}), frozenset({8}), frozenset({14, 20})
"""Of RevokeInfo (用户信息变更): name and picture of the profile, the name that was typed; the telephone number;
pictures that were chosen, for a profile too."""
KEPT = "kept"
"""Nothing follows from it: it is there to be looked at, until it is forgotten."""
ANSWER_WITHIN = timedelta(minutes=10)
"""So long the answer that names a message may come after the event that tells of it."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One event in the hands of its function, in the transaction that marks it done."""

    connection: Connection
    push: Push
    secret: str

    @property
    def made_at(self) -> datetime:
        """When WeChat made the event; now, where it does not say or says nonsense."""
        created_at_s = self.push.created_at_s
        if created_at_s is None or not 0 < created_at_s <= now().timestamp():
            return now()
        return datetime.fromtimestamp(created_at_s, UTC)


async def take(database: Database, secret: str, event_id: UUID) -> bool:
    """Do what an event means; return whether it is done now. Taken twice, also at once, it is done once.

    Locks its row, then what its function locks.
    """
    async with database.transaction() as connection:
        if not await push_inbox.begin(connection, event_id):
            return False
    async with database.transaction() as connection:
        push = await push_inbox.open_for_taking(connection, event_id, secret=secret)
        if push is None:
            return False
        if push.kind in ALARMING:  # before it is done: rather twice than not at all
            log.error("WeChat told of a breach of its rules: look at it in WeChat's console", event_id=str(event_id))
        note = await TAKERS.get(push.kind, _keep)(Taking(connection, push, secret))
        if note is not None:
            await push_inbox.finish(connection, event_id, note)
    return note is not None


async def _keep(taking: Taking) -> str:
    """Keep what we have no use for: WeChat adds kinds, and users write to a customer service that we do not have."""
    if taking.push.kind == UNREADABLE:
        log.warning("a push was signed by WeChat, but is no event in JSON")
    return KEPT


async def _take_profile_change(taking: Taking) -> str:
    """``user_info_modified``: the name that was taken over from WeChat is not theirs any more."""
    openid = taking.push.openid
    reset = openid and await revocations.reset_nickname(taking.connection, openid, taking.made_at)
    return DONE if reset else NOT_OURS


async def _take_revocation(taking: Taking) -> str:
    """``user_authorization_revoke``: what they took back goes here too. All else of it we never had."""
    openid, items = taking.push.openid, push_events.revoked(taking.push)
    if openid is None:
        return NOT_OURS
    done = set[bool]()
    if items & NAME_ITEMS:
        done.add(await revocations.reset_nickname(taking.connection, openid, taking.made_at) is not None)
    if items & PICTURE_ITEMS:
        done.add(await revocations.remove_pictures(taking.connection, openid))
    if items & PHONE_ITEMS:
        done.add(await revocations.forget_phone(taking.connection, openid))
    return DONE if True in done else NOTHING_OF_IT


async def _take_cancellation(taking: Taking) -> str:
    """``user_authorization_cancellation``: the WeChat account is closed, and theirs here with it."""
    openid = taking.push.openid
    closed = openid and await leaving.close(taking.connection, openid)
    return DONE if closed else NOT_OURS


async def _take_popup(taking: Taking) -> str:
    """``subscribe_msg_popup_event``: each yes in the dialog is a message more."""
    return await _count(taking, subscriptions.take_popup)


async def _take_change(taking: Taking) -> str:
    """``subscribe_msg_change_event``: templates were switched off, or on again, in WeChat's settings."""
    return await _count(taking, subscriptions.take_change)


async def _take_sent(taking: Taking) -> str | None:
    """``subscribe_msg_sent_event``: most messages arrived, as is known; one that did not may be told of too early."""
    outcomes = [
        (told.msgid, told.errcode)
        for told in push_events.sent(taking.push)
        if told.msgid is not None and told.errcode is not None
    ]
    if not outcomes:
        return NOTHING_OF_IT
    if not any(errcode for _, errcode in outcomes) or await subscriptions.take_sent(taking.connection, outcomes):
        return DONE
    return None if now() - taking.made_at < ANSWER_WITHIN else NOT_OURS


async def _count(taking: Taking, count: Callable[[Connection, str, Answers], Awaitable[int]]) -> str:
    openid = taking.push.openid
    answers = [(choice.template_id, choice.answer) for choice in push_events.choices(taking.push)]
    return DONE if openid and await count(taking.connection, openid, answers) else NOT_OURS


async def _take_media_check(taking: Taking) -> str | None:
    """``wxa_media_check``: WeChat's word on a picture. It may be here before we know by what it names the picture."""
    verdict = media_verdict(taking.push)
    if taking.push.trace_id is None:
        return NOT_OURS
    is_known = await checks.take(taking.connection, taking.push.trace_id, verdict.suggest, verdict.label)
    return DONE if is_known else None


TAKERS: dict[str, Callable[[Taking], Awaitable[str | None]]] = {
    "wxa_media_check": _take_media_check,
    "user_info_modified": _take_profile_change,
    "user_authorization_revoke": _take_revocation,
    "user_authorization_cancellation": _take_cancellation,
    "subscribe_msg_popup_event": _take_popup,
    "subscribe_msg_change_event": _take_change,
    "subscribe_msg_sent_event": _take_sent,
    "wxa_punish_event": _keep,
    "debug_demo": _keep,
}
"""What is done about each kind: a function that returns a note for the inbox, or None while it is too early."""
ALARMING = frozenset({"wxa_punish_event"})
