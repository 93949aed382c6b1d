"""Taking what WeChat pushed: each event once, by the function of its kind, in one transaction with its mark.

Events come twice, late and in any order. What a function cannot do yet stays in the inbox and is tried again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.services import push_inbox, revocations
from app.wechat.push_events import UNREADABLE, Push

log = structlog.get_logger(__name__)

DONE = "done"
NOT_OURS = "nobody of ours"
KEPT = "kept"
"""Nothing follows from it: it is there to be looked at, until it is forgotten."""


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
        note = await TAKERS.get(push.kind, _keep)(Taking(connection, push, secret))
        if note is not None:
            await push_inbox.finish(connection, event_id, note)
    if push.kind in ALARMING:
        log.error("WeChat told of a breach of its rules: look at it in WeChat's console", event_id=str(event_id))
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


TAKERS: dict[str, Callable[[Taking], Awaitable[str | None]]] = {
    "user_info_modified": _take_profile_change,
    "wxa_punish_event": _keep,
    "debug_demo": _keep,
}
"""What is done about each kind: a function that returns a note for the inbox, or None while it is too early."""
ALARMING = frozenset({"wxa_punish_event"})
