"""Keeping what came of a check: verdict, reason, trace and time, with the move of the thing in one transaction."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.ids import new_id
from app.domain.kinds import CheckedPart
from app.domain.lifecycles import CONTENT_CHECK
from app.domain.texts import CHECK_UNAVAILABLE, HELD_FOR_REVIEW, REJECTED_BY_CHECK
from app.services import transitions
from app.services.content_checks.judging import Judgement, Outcome

AGAIN_AFTER = timedelta(minutes=5)
"""When WeChat was too busy to judge, it is asked once more; people may have decided by then."""

FIND_ASKED = """
    SELECT id FROM content_check WHERE subject_id = $2 AND subject_kind = $1 AND part = $3 AND status = 'asked'
    ORDER BY id DESC LIMIT 1
"""
INSERT = """
    WITH kept AS (
        INSERT INTO content_check
            (id, subject_kind, subject_id, part, status, fingerprint, suggest, label, trace_id, found, again_at, note,
                created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp()) RETURNING id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, party, note, created_at)
    SELECT uuid_v7(), 'content_check', id, $13, $5, 'system', $12, clock_timestamp() FROM kept
"""
NOTES: Mapping[Outcome, str | None] = {
    "pass": None,
    "review": HELD_FOR_REVIEW,
    "failed": CHECK_UNAVAILABLE,
    "risky": REJECTED_BY_CHECK,
}
"""What history says of an outcome."""

HOLD, PASS, REJECT, DROP = "hold_check", "pass_check", "reject_check", "drop"


async def keep(
    connection: Connection,
    subject_kind: str,
    subject_id: UUID,
    part: CheckedPart,
    action: str,
    judgement: Judgement | None = None,
    *,
    note: str | None = None,
) -> None:
    """Keep the check of a part of a thing, whose row is locked, as ``action`` leaves it: held, passed, rejected, moot.

    One that was asked for goes on; one of earlier words that is still open is dropped. Locks those checks.
    """
    asked_id = await connection.fetchval(FIND_ASKED, subject_kind, subject_id, part)
    if asked_id is not None:
        await conclude(connection, asked_id, action, judgement, note=note)
        return
    await transitions.settle_checks(connection, subject_kind, subject_id, part, DROP, transitions.SYSTEM)
    [row] = [row for row in CONTENT_CHECK.transitions if row.action == action]
    verdict = _columns(judgement)
    await connection.execute(
        INSERT, new_id(), subject_kind, subject_id, part, row.target, *verdict.values(), note, action
    )


async def conclude(
    connection: Connection, check_id: UUID, action: str, judgement: Judgement | None, *, note: str | None = None
) -> Record | None:
    """Move a check that was asked for; return None when its words are others meanwhile."""
    changes = _columns(judgement) | {"note": note}
    return await transitions.find_and_move(
        connection, CONTENT_CHECK, check_id, action, transitions.SYSTEM, note=note, changes=changes
    )


def _columns(judgement: Judgement | None) -> dict[str, Any]:
    return {
        "fingerprint": judgement and judgement.fingerprint,
        "suggest": judgement and judgement.suggest,
        "label": judgement and judgement.label,
        "trace_id": judgement and judgement.trace_id,
        "found": judgement.found if judgement else (),
        "again_at": now() + AGAIN_AFTER if judgement and judgement.is_busy else None,
    }
