"""Answering call-outs: coming, later, cannot. One statement each; a changed mind counts until the stand-down."""

from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.schemas.call_outs import CallOutAnswerIn
from app.services.call_outs import standing

CHANNEL = "call_out"
"""On which those who watch hear that a call-out has changed; the payload is its id."""

# A notification makes commits wait for one another's disk writes. So of those who answer at the same moment one rings,
# and whoever hears it reads until nothing changes any more.
# The call-out is locked against standing down, which waits for those who are just answering: whoever comes after it
# finds that it is over, and the figures of the end are those that stay. Nothing is written for the same answer again.
ANSWER = """
    WITH live AS (
        SELECT c.id FROM call_out c WHERE c.id = $1 AND c.status = 'gathering' FOR SHARE
    ), asked AS (
        SELECT x.id, x.answer, x.minutes FROM call_out_person x JOIN person p ON p.id = x.person_id
        WHERE x.call_out_id = $1 AND {whose} AND EXISTS (SELECT FROM live) FOR UPDATE OF x
    ), answered AS (
        UPDATE call_out_person x SET answer = $3, minutes = $4, answered_at = clock_timestamp()
        FROM asked WHERE x.id = asked.id AND (asked.answer, asked.minutes) IS DISTINCT FROM ($3, $4::smallint)
        RETURNING x.id, asked.answer AS former
    ), logged AS (
        INSERT INTO event
            (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, facts, created_at)
        SELECT $5::uuid, 'call_out_person', id, 'answer', coalesce(former, 'called'), $3, $6::uuid, $7::text,
            jsonb_build_object('minutes', $4::smallint), clock_timestamp()
        FROM answered
    )
    SELECT asked.id, (
        SELECT pg_notify('{channel}', $1::text) FROM answered
        WHERE pg_try_advisory_xact_lock(hashtextextended($1::text, 0))
    ) AS rung FROM asked
"""
ANSWER_OWN = ANSWER.format(whose="p.user_id = $2", channel=CHANNEL)


async def answer(connection: Connection, caller: Caller, call_out_id: UUID, form: CallOutAnswerIn) -> None:
    """Say whether one comes, and in how many minutes. Locks the call-out against its end, then the caller's place.

    Raises ``not-found`` for whoever was not called, staff too, and ``call-out-over`` after the stand-down.
    """
    answered = await connection.fetchrow(
        ANSWER_OWN, call_out_id, caller.id, form.answer, form.minutes, new_id(), caller.id, Party.HELPER
    )
    if answered is None:
        row = await standing.find(connection, caller, call_out_id)
        raise Problem("call-out-over" if row["own_id"] else "not-found")


async def ring(connection: Connection, call_out_id: UUID) -> None:
    """Let those who watch a call-out know that it changed, once this transaction has committed."""
    await connection.execute("SELECT pg_notify($1, $2::text)", CHANNEL, str(call_out_id))
