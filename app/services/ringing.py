"""Ringing phones for messages in the app: one at a time for each user, each once, and never at night but for call-outs.

A ring is committed as ``sending`` before WeChat is called, and the call stands outside every transaction. Whatever
comes back settles it; what nobody knows the outcome of is never sent again. Source: 发送订阅消息 (sendMessage).
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from asyncpg import Connection, Record
from pydantic_core import from_json

from app.core import queue
from app.core.clock import now
from app.core.db import Database
from app.core.ids import lowest_id_at, new_id
from app.domain import message_templates
from app.domain.lifecycles import RING
from app.domain.message_fields import UnfitError
from app.domain.message_templates import Templates, Told
from app.domain.ringing_times import LIFE, again_at, allowed_from
from app.services import transitions
from app.services.transitions import SYSTEM
from app.wechat.client import WeChat
from app.wechat.errors import (
    BUSY,
    TooFrequent,
    WeChatError,
    WeChatMisconfigured,
    WeChatTokenRefused,
    WeChatUnreachable,
)

log = structlog.get_logger(__name__)

RING_DUE = "ring_due"
LANES = 16
"""So many users are rung at the same time by one worker."""
ROUND_MAX = 1000
"""After so many the next job goes on, so that a worker that is told to stop soon does."""
BUSY_MAX = 3
"""After so many answers in a row that WeChat is busy the round ends; the next begins within a minute."""
PATIENCE = timedelta(minutes=5)
"""Longer than any call lasts: whoever took a ring then is gone."""

KEPT = timedelta(days=30)
"""WeChat tells within the hour what did not arrive; the rest is for whoever asks why a phone did not ring."""

NO_CREDIT, SENT_AT_ONCE = 43101, 43108
TEMPLATE_ERRCODES = frozenset({40037, 41030, 43107})
"""The template does not exist, its page is not released, or it is banned: it fails for everybody."""
FORMAT_ERRCODE = 47003

# Urgent ones first. Whoever is being rung is left alone; of two lanes that choose one user, the unique index stops one.
FIND_NEXT = """
    SELECT r.id, r.user_id, r.template_id, r.words, r.is_urgent, r.tries, m.kind, m.title, m.body, m.created_at,
        m.read_at, m.subject_kind, m.subject_id, u.openid, u.is_blocked, t.stopped_at IS NOT NULL AS is_stopped
    FROM ring r JOIN message m ON m.id = r.id JOIN "user" u ON u.id = r.user_id
    LEFT JOIN message_template t ON t.kind = m.kind
    WHERE r.status = 'waiting' AND r.due_at <= $1
        AND NOT EXISTS (SELECT FROM ring s WHERE s.user_id = r.user_id AND s.status = 'sending')
    ORDER BY r.is_urgent DESC, r.due_at, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED
"""
PUT_OFF = "UPDATE ring SET due_at = $2 WHERE id = $1"
# A long-term template rings as often as need be.
SPEND = """
    UPDATE message_credit SET credits = credits - $3
    WHERE user_id = $1 AND template_id = $2 AND credits > 0 RETURNING credits
"""
GIVE_BACK = "UPDATE message_credit SET credits = credits + $3 WHERE user_id = $1 AND template_id = $2"
# Whoever takes a ring of a user locks the credit first and the ring after; so does whoever settles one, or two lanes at
# one user, one of them back at once since WeChat is left alone, wait for each other.
LOCK_CREDIT = "SELECT FROM message_credit WHERE user_id = $1 AND template_id = $2 FOR UPDATE"
USE_UP = "UPDATE message_credit SET credits = 0 WHERE user_id = $1 AND template_id = $2"
STOP_TEMPLATE = """
    UPDATE message_template SET stopped_at = now() WHERE template_id = $1 AND stopped_at IS NULL RETURNING kind
"""
FORGET = """
    WITH old AS (SELECT id FROM ring WHERE id < $1 ORDER BY id LIMIT $2)
    DELETE FROM ring r USING old WHERE r.id = old.id RETURNING true
"""
FIND_LOST = "SELECT id FROM ring WHERE status = 'sending' AND taken_at < $1 ORDER BY id LIMIT $2"


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring that was taken: to whom, by which template, in which words."""

    id: UUID
    user_id: UUID
    openid: str
    template_id: str
    price: int
    is_urgent: bool
    tries: int
    page: str
    fields: dict[str, str]


@dataclass
class Round:
    """What the lanes of one round know of one another."""

    taken: int = 0
    busy: int = 0
    is_over: bool = False

    def hear(self, error: WeChatError) -> None:
        """Note what WeChat refused; end the round when it is not about one user."""
        is_general = error.errcode != SENT_AT_ONCE and (error.errcode is None or is_undone(error))
        self.busy = self.busy + 1 if is_general else 0
        self.is_over = self.is_over or self.busy >= BUSY_MAX or isinstance(error, TooFrequent)


def is_undone(error: WeChatError) -> bool:
    """Whether WeChat has surely sent nothing, and would perhaps send it later."""
    undone = (TooFrequent, WeChatUnreachable, WeChatTokenRefused, WeChatMisconfigured)
    return isinstance(error, undone) or error.errcode in {BUSY, SENT_AT_ONCE}


async def ring_due(database: Database, wechat: WeChat, templates: Templates) -> int:
    """Ring whoever is due, until nobody is, WeChat is too busy, or ``ROUND_MAX`` were taken; return how many were.

    To be done twice at the same time does no harm. Nothing here raises for one user's sake.
    """
    round_ = Round()
    lanes = (_ring_one_after_another(database, wechat, templates, round_) for _ in range(LANES))
    # One that fails, as when the database goes, does not cut the others off in mid-call.
    for ended in await asyncio.gather(*lanes, return_exceptions=True):
        if ended is not None:
            raise ended
    return round_.taken


async def order(connection: Connection) -> None:
    """Order that whoever is due be rung once this transaction has committed: one job, however many those are."""
    await queue.order(connection, RING_DUE, new_id())


async def find_lost(connection: Connection, limit: int) -> list[UUID]:
    """Return rings whose worker is gone."""
    return [row["id"] for row in await connection.fetch(FIND_LOST, now() - PATIENCE, limit)]


async def give_up(connection: Connection, ring_id: UUID) -> None:
    """Note that nobody knows whether a message was sent. It is not sent again. Raises ``state-conflict``."""
    await transitions.move(connection, RING, ring_id, "give_up", SYSTEM)
    log.warning("message_unknown", ring_id=str(ring_id), reason="Whoever was sending it is gone")


async def forget(connection: Connection, limit: int) -> int:
    """Delete rings of more than 30 days, by their ids, which say when; return how many. Their messages stay."""
    return len(await connection.fetch(FORGET, lowest_id_at(now() - KEPT), limit))


async def _ring_one_after_another(database: Database, wechat: WeChat, templates: Templates, round_: Round) -> None:
    while not round_.is_over and round_.taken < ROUND_MAX:
        try:
            async with database.transaction() as connection:
                row = await connection.fetchrow(FIND_NEXT, now())
                if row is None:
                    return
                ring = await _take(connection, templates, row)
        except asyncpg.UniqueViolationError:
            continue  # another lane has just begun to ring this user
        round_.taken += 1
        if ring is not None:
            await _send(database, wechat, ring, round_)


async def _take(connection: Connection, templates: Templates, row: Record) -> Ring | None:
    """Take a ring that is locked, and its credit; return None when it is not to be sent, or not yet."""
    moment, form = now(), templates.forms.get(row["kind"])
    if form is None or form.template.id != row["template_id"] or row["read_at"] is not None or row["is_blocked"]:
        await _leave(connection, row, "drop")
        return None
    if row["created_at"] <= moment - LIFE:
        await _leave(connection, row, "expire")
        return None
    if row["is_stopped"]:
        await _leave(connection, row, "fail")
        return None
    due_at = allowed_from(moment, is_urgent=row["is_urgent"])
    if due_at > moment:
        await connection.execute(PUT_OFF, row["id"], due_at)
        return None
    told = Told(
        row["id"],
        row["title"],
        row["body"],
        row["created_at"],
        row["subject_kind"],
        row["subject_id"],
        from_json(row["words"]),
    )
    try:
        page, fields = message_templates.render(form, told)
    except UnfitError as unfit:
        log.error("message_unfit", kind=row["kind"], template_id=row["template_id"], reason=str(unfit))  # noqa: TRY400
        await _leave(connection, row, "fail")
        return None
    price = 0 if form.template.is_long_term else 1
    if await connection.fetchval(SPEND, row["user_id"], row["template_id"], price) is None:
        await _leave(connection, row, "refuse")
        return None
    tries = row["tries"] + 1
    await transitions.move(connection, RING, row["id"], "take", SYSTEM, changes={"tries": tries, "taken_at": moment})
    kept = {name: row[name] for name in ("id", "user_id", "openid", "template_id", "is_urgent")}
    return Ring(**kept, price=price, tries=tries, page=page, fields=fields)


async def _leave(connection: Connection, row: Record, action: str) -> None:
    """End a ring that nobody is called for."""
    await transitions.move(connection, RING, row["id"], action, SYSTEM)


async def _send(database: Database, wechat: WeChat, ring: Ring, round_: Round) -> None:
    """Call WeChat, and settle the ring by what it answers."""
    try:
        msgid = await wechat.send_message(ring.openid, ring.template_id, ring.page, ring.fields)
    except WeChatError as error:
        round_.hear(error)
        async with database.transaction() as connection:
            await _settle_refusal(connection, ring, error)
        return
    round_.busy = 0
    async with database.transaction() as connection:
        await _settle(connection, ring, "send", msgid=msgid, sent_at=now())


async def _settle_refusal(connection: Connection, ring: Ring, error: WeChatError) -> None:
    errcode = error.errcode
    await connection.execute(LOCK_CREDIT, ring.user_id, ring.template_id)
    if errcode == NO_CREDIT:
        if await _settle(connection, ring, "refuse", errcode=errcode):
            await connection.execute(USE_UP, ring.user_id, ring.template_id)
    elif is_undone(error):
        least = timedelta(seconds=error.retry_after_s if isinstance(error, TooFrequent) else 0)
        due_at = again_at(now(), ring.tries, is_urgent=ring.is_urgent, least=least)
        if await _settle(connection, ring, "put_back", errcode=errcode, due_at=due_at):
            await connection.execute(GIVE_BACK, ring.user_id, ring.template_id, ring.price)
    elif errcode is None:
        if await _settle(connection, ring, "give_up"):
            log.warning("message_unknown", ring_id=str(ring.id), reason=error.reason)
    elif await _settle(connection, ring, "fail", errcode=errcode):
        await connection.execute(GIVE_BACK, ring.user_id, ring.template_id, ring.price)
        await _blame(connection, ring, errcode)


async def _settle(connection: Connection, ring: Ring, action: str, **changes: object) -> bool:
    """Move a ring on; return whether it was where it was expected. ``errcode`` stands in its history too."""
    facts = {"errcode": changes["errcode"]} if changes.get("errcode") is not None else None
    row = await transitions.find_and_move(connection, RING, ring.id, action, SYSTEM, changes=changes, facts=facts)
    return row is not None


async def _blame(connection: Connection, ring: Ring, errcode: int) -> None:
    """Say what an operator has to mend; stop a template that WeChat refuses from everybody."""
    if errcode in TEMPLATE_ERRCODES:
        if await connection.fetch(STOP_TEMPLATE, ring.template_id):
            log.error("template_stopped", template_id=ring.template_id, errcode=errcode)
    elif errcode == FORMAT_ERRCODE:
        log.error("message_refused", template_id=ring.template_id, fields=sorted(ring.fields), errcode=errcode)
    else:
        log.warning("message_refused", template_id=ring.template_id, errcode=errcode)
