"""The telephone number that a user's WeChat confirmed: kept sealed, shown masked to them, forgotten when they say so.

It is optional everywhere: nothing may ever depend on it.
"""

from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.ids import new_id
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.shielding import mask_own_phone
from app.services import people, transitions
from app.services.idempotency import SingleWrite, answer_sql
from app.services.transitions import Mover
from app.wechat.client import WeChat
from app.wechat.errors import PhoneCodeInvalid, TooFrequent

FIND_OPENID = 'SELECT openid FROM "user" WHERE id = $1'
# The number, its event and the answer under the key. $1 to $3 are the key's ($1 the user), $4 the number sealed, $5 its
# hash, $6 the event, $7 the present moment and $8 that moment as JSON writes it, $9 the number masked.
CONFIRM = f'''
    WITH confirmed AS (
        INSERT INTO user_phone (user_id, sealed, phone_hash, confirmed_at) VALUES ($1, $4, $5, $7)
        ON CONFLICT (user_id) DO UPDATE
            SET sealed = excluded.sealed, phone_hash = excluded.phone_hash, confirmed_at = excluded.confirmed_at
        RETURNING user_id
    ), logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
        SELECT $6, 'user', user_id, 'confirm_phone', 'active', user_id, 'author', clock_timestamp() FROM confirmed
    )
    {
    answer_sql(
        200,
        """json_build_object(
            'phone', $9::text, 'confirmed_at', $8::text, 'actions', '["confirm_phone", "forget_phone"]'::json
        )""",
        "confirmed",
    )
}
'''
FORGET = "DELETE FROM user_phone WHERE user_id = $1"


async def confirm(write: SingleWrite, wechat: WeChat, secret: str, caller: Caller, code: str) -> bytes:
    """Ask WeChat for the number that the caller showed and keep it in place of the one before. Return the answer.

    WeChat takes a code once and is asked before anything is written, so a repetition is looked up first. The answer is
    kept for repetitions, hence masked. Raises ``phone-code-invalid``, ``phone-too-frequent``, or another WeChatError.
    """
    await write.require_new()
    openid: str = await write.database.reads.fetchval(FIND_OPENID, caller.id)
    try:
        shown = await wechat.get_phone(code, openid)
    except PhoneCodeInvalid:
        raise Problem("phone-code-invalid") from None
    except TooFrequent as error:
        raise Problem("phone-too-frequent", retry_after_s=error.retry_after_s) from None
    moment = now()
    body = await write.run(
        CONFIRM,
        people.seal_phone(secret, caller.id, shown.whole),
        people.phone_hash(secret, shown.whole),
        new_id(),
        moment,
        moment.isoformat().replace("+00:00", "Z"),
        mask_own_phone(shown.whole),
    )
    assert body is not None, "a number is always kept"
    return body


def show_own(secret: str, user_id: UUID, sealed: bytes | None) -> str | None:
    """Return a number as its owner sees it, or None when there is none. Raises BrokenSealError."""
    return None if sealed is None else mask_own_phone(people.open_phone(secret, user_id, sealed))


async def forget(connection: Connection, user_id: UUID, mover: Mover = transitions.SYSTEM) -> bool:
    """Delete a user's number; return whether there was one. That it went, and by whom, stays in history."""
    if await connection.execute(FORGET, user_id) == "DELETE 0":
        return False
    await transitions.log(connection, "user", user_id, "forget_phone", "active", mover)
    return True
