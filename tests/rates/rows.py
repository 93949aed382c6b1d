"""What the rows say: the state of every complaint and the counts of every group, in plain SQL.

Written by ``docs/rates.md`` alone and in another way than ``app.domain.rates``: state, answer, category and ratings are
read from the tables as they stand, and of the events only which deadline was in force while a complaint stood where.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.domain.rates import Counts, Group

STATES = """
    SELECT id, status, area_id, handler_id, category, urgency, accept_due_at, answer_due_at, answered_at, outcome,
        merged_into_id, created_at
    FROM complaint WHERE id = ANY($1)
"""
COUNTS = """
    WITH span AS (
        SELECT e.subject_id, e.action, e.to_state,
            row_number() OVER step AS number,
            coalesce(lead(e.created_at) OVER step, $2) AS ended_at,
            set_by.accept_due_at, set_by.answer_due_at
        FROM event e CROSS JOIN LATERAL (
            SELECT (f.facts->>'accept_due_at')::timestamptz AS accept_due_at,
                (f.facts->>'answer_due_at')::timestamptz AS answer_due_at
            FROM event f
            WHERE f.subject_kind = 'complaint' AND f.subject_id = e.subject_id AND f.facts ? 'accept_due_at'
                AND (f.created_at, f.id) <= (e.created_at, e.id)
            ORDER BY f.created_at DESC, f.id DESC LIMIT 1
        ) AS set_by
        WHERE e.subject_kind = 'complaint' AND e.subject_id = ANY($1)
        WINDOW step AS (PARTITION BY e.subject_id ORDER BY e.created_at, e.id)
    ), past AS (
        SELECT subject_id,
            min(number) FILTER (WHERE action IN ('accept', 'take_on', 'answer')) AS taken_up,
            min(number) FILTER (
                WHERE to_state IN ('reviewing', 'open', 'reopened') AND accept_due_at < ended_at
            ) AS accept_missed,
            min(number) FILTER (
                WHERE to_state IN ('reviewing', 'open', 'reopened', 'accepted') AND answer_due_at < ended_at
            ) AS answer_missed,
            bool_or(to_state IN ('reviewing', 'open')) AS is_received
        FROM span GROUP BY subject_id
    ), word AS (
        SELECT DISTINCT ON (complaint_id) complaint_id, is_satisfied FROM complaint_rating
        WHERE party = 'author' AND created_at <= answered_at + interval '336 hours'
        ORDER BY complaint_id, answered_at DESC
    ), judged AS (
        SELECT c.*, p.*, led.unit_id, w.is_satisfied AS last_word, c.status NOT IN ('rejected', 'merged') AS is_in,
            least(p.taken_up, p.accept_missed) IS NOT NULL AS is_response_decided,
            p.taken_up IS NOT NULL AND (p.accept_missed IS NULL OR p.accept_missed >= p.taken_up) AS is_in_time,
            c.answered_at IS NOT NULL OR p.answer_missed IS NOT NULL AS is_resolution_decided
        FROM complaint c JOIN past p ON p.subject_id = c.id LEFT JOIN word w ON w.complaint_id = c.id
        LEFT JOIN unnest($3::uuid[], $4::uuid[]) AS led (complaint_id, unit_id) ON led.complaint_id = c.id
        WHERE p.is_received
    )
    SELECT date_trunc('month', created_at AT TIME ZONE 'Asia/Shanghai')::date AS month, area_id, category, unit_id,
        count(*) AS received,
        count(*) FILTER (WHERE status = 'rejected') AS rejected,
        count(*) FILTER (WHERE status = 'merged') AS merged,
        count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn,
        count(*) FILTER (WHERE is_in AND coalesce(accept_missed, answer_missed) IS NOT NULL) AS overdue,
        count(*) FILTER (WHERE is_in AND is_response_decided) AS response_due,
        count(*) FILTER (WHERE is_in AND is_in_time) AS responded,
        count(*) FILTER (WHERE is_in AND is_resolution_decided) AS resolution_due,
        count(*) FILTER (WHERE is_in AND status IN ('answered', 'closed') AND outcome = 'resolved') AS resolved,
        count(*) FILTER (WHERE is_in AND last_word IS NOT NULL) AS rated,
        count(*) FILTER (WHERE is_in AND last_word) AS satisfied
    FROM judged GROUP BY 1, 2, 3, 4
"""


async def states(connection: Connection, complaint_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return how each of some complaints stands."""
    found = [dict(row) for row in await connection.fetch(STATES, complaint_ids)]
    return {row.pop("id"): row for row in found}


async def counts(
    connection: Connection, complaint_ids: list[UUID], moment: datetime, leads: Mapping[UUID, UUID | None]
) -> dict[Group, Counts]:
    """Return the counts of every group of some complaints at the present moment of the test.

    ``leads`` are the units that led them; rows of units that were taken off do not tell which of them was the last.
    """
    found = await connection.fetch(COUNTS, complaint_ids, moment, [*leads], [*leads.values()])
    return {Group(*list(row.values())[:4]): Counts(*list(row.values())[4:]) for row in found}
