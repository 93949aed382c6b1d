"""What people change or take back in WeChat itself: it goes here too, since their consent to it is gone."""

import secrets
from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from app.domain.kinds import CheckedPart
from app.domain.texts import DEFAULT_NICKNAME
from app.services import phones, transitions
from app.services.media import sweeping

RESET_NICKNAME = """
    UPDATE "user" u SET nickname = $2, pending_nickname = NULL WHERE u.openid = $1 AND NOT EXISTS (
        SELECT FROM event e WHERE e.subject_kind = 'user' AND e.subject_id = u.id AND e.action = 'rename'
            AND e.created_at > $3
    ) RETURNING u.id
"""
FIND_USER = 'SELECT id FROM "user" WHERE openid = $1'


async def reset_nickname(connection: Connection, openid: str, since: datetime) -> UUID | None:
    """Let somebody have a name of ours again until they choose one anew; return who, or None for nobody of ours.

    A name that was chosen after ``since`` stays: the event came late.
    """
    nickname = DEFAULT_NICKNAME.format(number=secrets.randbelow(10_000))
    user_id: UUID | None = await connection.fetchval(RESET_NICKNAME, openid, nickname, since)
    if user_id is not None:
        await transitions.settle_checks(connection, "user", user_id, CheckedPart.NICKNAME, "drop", transitions.SYSTEM)
        await transitions.log(connection, "user", user_id, "reset_nickname", "active", transitions.SYSTEM)
    return user_id


async def remove_pictures(connection: Connection, openid: str) -> bool:
    """Remove the pictures that somebody chose and that belong to nothing yet; return whether there were any."""
    user_id: UUID | None = await connection.fetchval(FIND_USER, openid)
    return user_id is not None and await sweeping.remove_unused_of(connection, user_id) > 0


async def forget_phone(connection: Connection, openid: str) -> bool:
    """Delete the telephone number that somebody showed; return whether there was one."""
    user_id: UUID | None = await connection.fetchval(FIND_USER, openid)
    return user_id is not None and await phones.forget(connection, user_id)
