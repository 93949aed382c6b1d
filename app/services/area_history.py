"""What areas were: the periods of one area's life, and the tree as it was on a day. The database itself writes both."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import end_of, today
from app.core.db import Reads
from app.core.pagination import MOMENTS
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.services import areas
from app.services.pages import PageRequest, page

# The event of a change is written after the change, in the same transaction, while the tree is locked: the first one
# after a period began is the one that began it. What differs from the period before tells whose change it was: a name,
# a code or the area above are the area's own, a lineage alone is that of an area above.
HISTORY = """
    SELECT p.*, p.area_id AS id, a.lineage && $5::uuid[] AS may_know_why, began.action AS began_action,
        began.note AS began_note, began.subject_id AS began_id, began_area.name AS began_name,
        ended.action AS ended_action, ended.note AS ended_note,
        ARRAY(
            SELECT (step.id, CASE WHEN step.id = p.area_id THEN p.name ELSE coalesce((
                SELECT known.name FROM area_period known WHERE known.area_id = step.id AND known.since <= coalesce(
                    CASE WHEN p.until IS NULL OR began.created_at < p.until THEN began.created_at END, p.since
                ) ORDER BY known.since DESC LIMIT 1
            ), above.name) END)
            FROM unnest(p.lineage) WITH ORDINALITY AS step (id, position) JOIN area above ON above.id = step.id
            ORDER BY step.position
        ) AS path,
        ARRAY(
            SELECT (source.id, source.name, e.created_at) FROM event e
            JOIN area source ON source.id = coalesce(e.facts ->> 'merged_id', e.facts ->> 'split_from_id')::uuid
            WHERE e.subject_kind = 'area' AND e.subject_id = p.area_id AND (
                e.action = 'take_in' AND e.created_at >= p.since AND (p.until IS NULL OR e.created_at < p.until)
                OR e.action = 'add' AND before.since IS NULL
            ) ORDER BY e.id
        ) AS predecessors,
        ARRAY(
            SELECT (next.id, next.name, p.until)
            FROM unnest(ARRAY[ended.facts ->> 'into_id'] || ARRAY(
                SELECT jsonb_array_elements_text(ended.facts -> 'part_ids')
            )) WITH ORDINALITY AS step (id, position) JOIN area next ON next.id = step.id::uuid
            ORDER BY step.position
        ) AS successors
    FROM area_period p JOIN area a ON a.id = p.area_id
    LEFT JOIN LATERAL (
        SELECT q.since, (q.parent_id, q.name, q.code) IS DISTINCT FROM (p.parent_id, p.name, p.code) AS is_own
        FROM area_period q WHERE q.area_id = p.area_id AND q.since < p.since ORDER BY q.since DESC LIMIT 1
    ) AS before ON true
    LEFT JOIN LATERAL (
        SELECT e.action, e.note, e.subject_id, e.created_at FROM event e
        WHERE e.subject_kind = 'area' AND e.subject_id = ANY (
            CASE WHEN coalesce(before.is_own, true) THEN ARRAY[p.area_id] ELSE p.lineage END
        ) AND e.action = ANY (
            CASE WHEN before.since IS NULL THEN ARRAY['add'] WHEN before.is_own THEN ARRAY['edit', 'move', 'follow']
                ELSE ARRAY['move', 'follow'] END
        ) AND e.created_at >= p.since AND (p.until IS NULL OR e.created_at < p.until OR e.action = 'add')
        ORDER BY e.id LIMIT 1
    ) AS began ON true
    LEFT JOIN area began_area ON began_area.id = began.subject_id
    LEFT JOIN LATERAL (
        SELECT e.action, e.note, e.facts FROM event e
        WHERE e.subject_kind = 'area' AND e.subject_id = p.area_id AND e.action IN ('merge', 'split', 'close')
            AND a.closed_at IS NOT NULL
            AND NOT EXISTS (SELECT FROM area_period l WHERE l.area_id = p.area_id AND l.since > p.since)
        ORDER BY e.id LIMIT 1
    ) AS ended ON true
    WHERE p.area_id = $1 AND ($2::timestamptz IS NULL OR (p.since, p.area_id) < ($2, $3::uuid))
    ORDER BY p.since DESC LIMIT $4
"""

# $4 is the end of the day. Every area of then is there to be joined, since none is ever deleted.
ON_DAY = "{p}.since < $4 AND ({p}.until IS NULL OR {p}.until >= $4)"
TREE = f"""
    SELECT p.area_id AS id, p.parent_id, p.kind, p.name, p.code, a.households, a.residents, a.is_wish_review_required,
        a.closed_at,
        EXISTS (SELECT FROM area_period below WHERE below.parent_id = p.area_id AND {ON_DAY.format(p="below")})
            AS has_children,
        ARRAY(
            SELECT (known.area_id, known.name) FROM unnest(p.lineage) WITH ORDINALITY AS step (id, position)
            JOIN area_period known ON known.area_id = step.id AND {ON_DAY.format(p="known")} ORDER BY step.position
        ) AS path,
        (SELECT (next.id, next.name) FROM area next WHERE next.id = a.successor_id) AS successor,
        a.lineage && $1::uuid[] AS administers, a.parent_lineage && $1::uuid[] AS administers_above
    FROM area_period p JOIN area a ON a.id = p.area_id
"""
PAGE = f"AND {ON_DAY.format(p='p')} AND p.area_id > $3 ORDER BY p.area_id LIMIT $5"
LIST_BELOW = f"{TREE} WHERE p.parent_id = $2 {PAGE}"
LIST_ROOTS = f"{TREE} WHERE p.parent_id IS NULL AND $2::uuid IS NULL {PAGE}"
FIRST_BELOW = "SELECT min(since) FROM area_period WHERE area_id = $1"
FIRST_ROOT = "SELECT min(since) FROM area_period WHERE parent_id IS NULL AND $1::uuid IS NULL"


async def list_periods(reads: Reads, caller: Caller | None, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the periods of an area's life, the newest first; why something was changed is told to its staff alone.

    Raises ``not-found``.
    """
    filters = ("area-history", area_id)
    before, _ = request.after(MOMENTS, *filters) or (None, None)
    scope = [*caller.scope(Role.STAFF), *caller.scope(Role.AUDITOR)] if caller else []
    rows = await reads.fetch(HISTORY, area_id, before, area_id, request.rows, scope)
    if not rows and before is None:
        raise Problem("not-found")  # whatever is there has a period from its first moment on
    return page(rows, request, _view, *filters, key="since", order=MOMENTS)


async def list_children(
    reads: Reads, caller: Caller | None, parent_id: UUID | None, day: date, request: PageRequest
) -> dict[str, Any]:
    """Return what lay right below ``parent_id``, or the roots, at the end of a day in Shanghai.

    Raises ``day-out-of-record`` for a day to come, and for one before the area above, or anything, was there.
    """
    if day > today():
        raise Problem("day-out-of-record")
    filters = ("areas-on", parent_id, day)
    end = end_of(day)
    query = LIST_ROOTS if parent_id is None else LIST_BELOW
    scope = caller.scope(Role.ADMINISTRATOR) if caller else []
    rows = await reads.fetch(query, scope, parent_id, request.above(*filters), end, request.rows)
    if not rows:
        first = await reads.fetchval(FIRST_ROOT if parent_id is None else FIRST_BELOW, parent_id)
        if first is not None and first >= end:
            raise Problem("day-out-of-record")
    return page(rows, request, areas.view, *filters)


def _view(row: Record) -> dict[str, Any]:
    return {
        "since": row["since"],
        "until": row["until"],
        "parent_id": row["parent_id"],
        "kind": row["kind"],
        "name": row["name"],
        "code": row["code"],
        "path": [{"id": area_id, "name": name} for area_id, name in row["path"]],
        "began": row["began_action"]
        and {
            "verb": row["began_action"],
            "area": {"id": row["began_id"], "name": row["began_name"]},
            "reason": row["began_note"] if row["may_know_why"] else None,
        },
        "ended": row["ended_action"]
        and {
            "verb": row["ended_action"],
            "area": {"id": row["area_id"], "name": row["name"]},
            "reason": row["ended_note"] if row["may_know_why"] else None,
        },
        "predecessors": _kin(row["predecessors"]),
        "successors": _kin(row["successors"]),
        "actions": [],
    }


def _kin(found: list[tuple[UUID, str, datetime]]) -> list[dict[str, Any]]:
    return [{"id": area_id, "name": name, "at": moment} for area_id, name, moment in found]
