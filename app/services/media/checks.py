"""The check of a picture: WeChat is asked as soon as one is uploaded, and answers by a push some minutes later.

Nothing passes but by a clear word of WeChat or of a person (I10). WeChat is asked between two short transactions, never
inside one. Its answer may come before its trace id is stored: the push then waits in its inbox and is looked at again.
"""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog
from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Database
from app.core.queue import order
from app.domain.kinds import CheckedPart, Suggestion
from app.domain.lifecycles import MEDIA
from app.services import complainants, push_inbox, transitions
from app.services.content_checks.judging import Judgement, Outcome
from app.services.content_checks.keeping import NOTES, keep
from app.services.media.intake import CHECK_MEDIA
from app.services.media.links import Links
from app.wechat.client import WeChat
from app.wechat.errors import TooFrequent, WeChatBusy, WeChatError
from app.wechat.texts import Scene

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=40)
"""WeChat answers within half an hour."""
TRIES_MAX = 2
LABEL_MAX = 1 << 31

FIND_DUE = """
    SELECT m.tries, m.subject_kind, m.subject_id, u.openid, typist.openid AS typist_openid
    FROM media m LEFT JOIN "user" u ON u.id = m.owner_id
    LEFT JOIN complaint c ON c.id = m.subject_id AND m.subject_kind = 'complaint'
    LEFT JOIN "user" typist ON typist.id = c.entered_by
    WHERE m.id = $1 AND m.status = 'checking' AND m.tries < $2 AND (m.trace_id IS NULL OR m.asked_at < $3)
"""
FIND_OPENID = 'SELECT openid FROM "user" WHERE id = $1'
STORE_TRACE = """
    UPDATE media SET earlier_trace_id = trace_id, trace_id = $2, asked_at = $3, tries = tries + 1
    WHERE id = $1 AND status = 'checking' AND tries < $4
"""
COUNT_TRY = """
    UPDATE media SET tries = tries + 1 WHERE id = $1 AND status = 'checking' AND tries < $2 RETURNING tries
"""
FIND_TRACED = "SELECT id, sha256 FROM media WHERE trace_id = $1 OR earlier_trace_id = $1 FOR UPDATE"
FIND_OVERDUE = """
    SELECT id FROM media
    WHERE status = 'checking' AND CASE
        WHEN trace_id IS NOT NULL THEN asked_at < $1 WHEN tries > 0 THEN true ELSE created_at < $1
    END ORDER BY id LIMIT $2
"""
FIND_TRIES = "SELECT tries, sha256 FROM media WHERE id = $1 AND status = 'checking' FOR UPDATE"

ACTIONS: dict[Outcome, str] = {
    "pass": "pass_check",
    "review": "hold_check",
    "risky": "reject_check",
    "failed": "hold_check",
}
"""The action that WeChat's word leads to; no word is one too."""


async def check(database: Database, wechat: WeChat, links: Links, secret: str, media_id: UUID) -> None:
    """Have WeChat look at a picture. Done twice, it asks once more only when WeChat did not answer in time."""
    media = await database.reads.fetchrow(FIND_DUE, media_id, TRIES_MAX, now() - PATIENCE)
    if media is None:
        return
    openid = await _openid_of(database, secret, media)
    if openid is None:
        await _hold(database, media_id)
        return
    try:
        trace_id = await wechat.check_media(openid, links.for_check(media_id), scene=Scene.FORUM)
    except WeChatError as error:
        log.warning("the check of a picture failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
        await _count_or_hold(database, media_id, error)
        return
    async with database.transaction() as connection:
        await connection.execute(STORE_TRACE, media_id, trace_id, now(), TRIES_MAX)
        await push_inbox.order_of_trace(connection, trace_id)


async def take(
    connection: Connection, trace_id: str, suggest: Literal["pass", "review", "risky"] | None, label: int | None
) -> bool:
    """Take WeChat's word on a picture; return False when no picture is known by the trace id yet.

    Only the first word on a picture that is being checked counts; without its reason it is none. Locks its row.
    """
    media = await connection.fetchrow(FIND_TRACED, trace_id)
    if media is None:
        return False
    if suggest is None or label is None or not 0 <= label < LABEL_MAX:
        judgement = Judgement("failed", media["sha256"], trace_id=trace_id)
    else:
        judgement = Judgement(suggest, media["sha256"], Suggestion(suggest), label, trace_id)
    await _conclude(connection, media["id"], judgement)
    return True


async def find_overdue(connection: Connection, limit: int) -> list[UUID]:
    """Return pictures on which WeChat has not answered for too long, was never asked, or was too busy to be asked."""
    return [row["id"] for row in await connection.fetch(FIND_OVERDUE, now() - PATIENCE, limit)]


async def tend_overdue(connection: Connection, media_id: UUID) -> None:
    """Ask once more, and hand a picture over to people when that was done. Locks its row."""
    media = await connection.fetchrow(FIND_TRIES, media_id)
    if media is not None and media["tries"] < TRIES_MAX:
        await order(connection, CHECK_MEDIA, media_id)
    elif media is not None:
        await _conclude(connection, media_id, Judgement("failed", media["sha256"]))


async def _openid_of(database: Database, secret: str, media: Record) -> str | None:
    """Return as whom WeChat is asked: who uploaded it, or whose complaint it belongs to."""
    openid: str | None = media["openid"] or media["typist_openid"]
    if openid is None and media["subject_kind"] == "complaint":
        who = await complainants.find(database.reads, secret, media["subject_id"])
        if who.user_id is not None:
            openid = await database.reads.fetchval(FIND_OPENID, who.user_id)
    return openid


async def _count_or_hold(database: Database, media_id: UUID, error: WeChatError) -> None:
    """Leave it to the next sweep to ask again where WeChat was merely busy; everything else is for a person."""
    tries = await database.writes.fetchval(COUNT_TRY, media_id, TRIES_MAX)
    if not isinstance(error, WeChatBusy | TooFrequent) or tries == TRIES_MAX:
        await _hold(database, media_id)


async def _hold(database: Database, media_id: UUID) -> None:
    async with database.transaction() as connection:
        media = await connection.fetchrow(FIND_TRIES, media_id)
        if media is not None:
            await _conclude(connection, media_id, Judgement("failed", media["sha256"]))


async def _conclude(connection: Connection, media_id: UUID, judgement: Judgement) -> None:
    """Move a picture, whose row is locked, as it was judged, and keep that as evidence and for people to decide."""
    action, note = ACTIONS[judgement.outcome], NOTES[judgement.outcome]
    changes = {"label": judgement.label}
    moved = await transitions.find_and_move(
        connection, MEDIA, media_id, action, transitions.SYSTEM, note=note, changes=changes
    )
    if moved is not None:
        await keep(connection, MEDIA.subject, media_id, CheckedPart.PICTURE, action, judgement, note=note)
