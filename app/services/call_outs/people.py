"""The people called, for staff of their grids: who said what, and whom to ring up, their numbers masked (I12)."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.schemas.call_outs import CallOutAnswerIn
from app.services import looks, people
from app.services.call_outs import standing
from app.services.call_outs.answers import ANSWER, CHANNEL
from app.services.pages import PageRequest, page

SILENT = "silent"

VIEW = """
    SELECT x.id, x.person_id, x.is_lent, x.answer, x.minutes, x.answered_at, x.grid_id, g.name AS grid_name,
        p.user_id, p.sealed, u.nickname, c.id AS call_out_id, c.status
    FROM call_out_person x JOIN call_out c ON c.id = x.call_out_id
    JOIN area g ON g.id = x.grid_id AND g.lineage && $1::uuid[]
    JOIN person p ON p.id = x.person_id LEFT JOIN "user" u ON u.id = p.user_id
"""
GET = f"{VIEW} WHERE x.id = $2"
LIST = f"""
    {VIEW} WHERE x.call_out_id = $2 AND x.id > $3
        AND ($4::uuid IS NULL OR g.lineage @> ARRAY[$4::uuid])
        AND ($5::text IS NULL OR coalesce(x.answer, '{SILENT}') = $5)
        AND ($6::boolean IS NULL OR (p.user_id IS NOT NULL) = $6)
    ORDER BY x.id LIMIT $7
"""
ANSWER_FOR = ANSWER.format(whose="x.id = $2", channel=CHANNEL)


async def list_called(
    reads: Reads,
    secret: str,
    caller: Caller,
    call_out_id: UUID,
    request: PageRequest,
    *,
    area_id: UUID | None,
    answer: str | None,
    has_app: bool | None,
) -> dict[str, Any]:
    """Return the people called of grids in the caller's areas. Raises ``not-found``, ``not-allowed`` to who is none
    of the staff.
    """
    filters = ("called", call_out_id, area_id, answer, has_app)
    last_id = request.above(*filters)
    standing.require_staff(await standing.find(reads, caller, call_out_id))
    scope = caller.scope(Role.STAFF)
    rows = await reads.fetch(LIST, scope, call_out_id, last_id, area_id, answer, has_app, request.rows)
    return page(rows, request, lambda row: _view(row, secret, caller), *filters)


async def get(reads: Reads, secret: str, caller: Caller, called_id: UUID, *, is_kept: bool = False) -> dict[str, Any]:
    """Return somebody who was called, to staff of their grid; ``is_kept`` masks the name too. Raises ``not-found``."""
    return _view(await _find(reads, caller, called_id), secret, caller, is_kept=is_kept)


async def answer_for(connection: Connection, caller: Caller, called_id: UUID, form: CallOutAnswerIn) -> None:
    """Put down what somebody said by telephone. Locks as ``answers.answer`` does.

    Raises ``not-found``, ``own-interest`` for oneself, who has the app, ``call-out-over``.
    """
    row = await _find(connection, caller, called_id)
    if row["user_id"] == caller.id:
        raise Problem("own-interest")
    answered = await connection.fetchrow(
        ANSWER_FOR, row["call_out_id"], called_id, form.answer, form.minutes, new_id(), caller.id, Party.STAFF
    )
    if answered is None:
        raise Problem("call-out-over")


async def unmask(connection: Connection, caller: Caller, called_id: UUID, reason: str) -> None:
    """Note that staff ring somebody up, and why; as long as the call-out lasts. Raises ``not-found``,
    ``own-interest``, ``call-out-over``.
    """
    if (await _find(connection, caller, called_id))["status"] != "gathering":
        raise Problem("call-out-over")
    await looks.unmask(connection, looks.CALLED, caller, called_id, reason)


async def _find(reads: Reads, caller: Caller, called_id: UUID) -> Record:
    row = await reads.fetchrow(GET, caller.scope(Role.STAFF), called_id)
    if row is None:
        raise Problem("not-found")
    return row


def _view(row: Record, secret: str, caller: Caller, *, is_kept: bool = False) -> dict[str, Any]:
    contact = people.read(secret, row["person_id"], row["sealed"])
    is_open = row["status"] == "gathering" and row["user_id"] != caller.id
    return {
        **{name: row[name] for name in ("id", "nickname", "is_lent", "answer", "minutes", "answered_at")},
        "contact": contact and (contact.masked if is_kept else contact.for_staff),
        "grid": {"id": row["grid_id"], "name": row["grid_name"]},
        "has_app": row["user_id"] is not None,
        "actions": (["answer", *(["unmask"] if contact else [])]) if is_open else [],
    }
