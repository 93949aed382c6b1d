"""The tags of tasks: everybody reads them, whoever administers a whole district adds and changes them, staff count.

The six helps (六助) are the categories of wishes and there from the start; a wish's task carries its own by itself.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from asyncpg import Connection, Record

from app.core.db import Reads
from app.core.sql import quoted
from app.domain import months
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import TagGroup, WishCategory
from app.domain.lifecycle import Party
from app.schemas.task_tags import TagEditIn, TagIn
from app.services import transitions
from app.services.transitions import Mover

TAGS_MAX = 200

IN_ORDER = f"array_position(ARRAY[{quoted(TagGroup)}], k.tag_group::text), k.position, k.code"
# A tag is everybody's: whoever changes it administers a district and not a part of one.
LIST = f"""
    SELECT k.code, k.tag_group, k.name, k.position, k.is_active,
        EXISTS (SELECT FROM area a WHERE a.id = ANY ($1) AND a.parent_id IS NULL) AS may_change
    FROM task_tag k ORDER BY {IN_ORDER}
"""
ADMINISTERS = "SELECT true FROM area WHERE id = ANY ($1) AND parent_id IS NULL LIMIT 1"
ADD = """
    INSERT INTO task_tag (code, tag_group, name, position, is_active)
    SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM task_tag) < $6 RETURNING *
"""
CHANGE = "UPDATE task_tag SET name = $2, position = $3, is_active = $4 WHERE code = $1 RETURNING *"
COUNT_ACTIVE = "SELECT count(*) FROM task_tag WHERE code = ANY ($1) AND is_active"
# From the events of a month to their claims and tasks, one by one: OFFSET keeps the planner from beginning with all
# tasks of the area. Who may not look gets no row at all.
COUNTS = f"""
    WITH counted AS (
        SELECT tag.code, count(DISTINCT t.id) AS tasks, count(DISTINCT c.user_id) AS people, count(*) AS claims,
            coalesce(sum(c.minutes), 0) AS minutes
        FROM event e
        CROSS JOIN LATERAL (SELECT c.task_id, c.user_id, c.minutes FROM claim c WHERE c.id = e.subject_id OFFSET 0) AS c
        CROSS JOIN LATERAL (SELECT * FROM task x WHERE x.id = c.task_id OFFSET 0) AS t
        JOIN area a ON a.id = t.area_id CROSS JOIN unnest(t.tags) AS tag (code)
        WHERE e.subject_kind = 'claim' AND e.to_state = 'verified' AND e.from_state IS DISTINCT FROM 'verified'
            AND e.created_at >= $3 AND e.created_at < $4 AND NOT t.is_drill AND a.lineage @> ARRAY[$1::uuid]
        GROUP BY tag.code
    )
    SELECT k.code, k.tag_group, k.name, a.name AS area_name, coalesce(n.tasks, 0) AS tasks,
        coalesce(n.people, 0) AS people, coalesce(n.claims, 0) AS claims, coalesce(n.minutes, 0) AS minutes
    FROM area a CROSS JOIN task_tag k LEFT JOIN counted n ON n.code = k.code
    WHERE a.id = $1 AND a.lineage && $2::uuid[] ORDER BY {IN_ORDER}
"""


def of_category(category: WishCategory) -> list[str]:
    """Return the tags that the task of a wish carries by itself."""
    return [] if category == WishCategory.OTHER else [category.value]


async def require_active(reads: Reads, codes: Sequence[str]) -> None:
    """Raise ``tag-unknown`` unless each of these codes, none twice, is one that can be chosen."""
    if codes and await reads.fetchval(COUNT_ACTIVE, codes) != len(codes):
        raise Problem("tag-unknown")


async def list_all(reads: Reads, caller: Caller | None) -> dict[str, Any]:
    """Return all tags, by group and position."""
    rows = await reads.fetch(LIST, caller.scope(Role.ADMINISTRATOR) if caller else [])
    may_change = any(row["may_change"] for row in rows)
    return {"items": [_view(row, may_change=may_change) for row in rows], "actions": ["add"] if may_change else []}


async def add(connection: Connection, caller: Caller, form: TagIn) -> dict[str, Any]:
    """Add a tag; return it.

    Raises ``not-allowed``, ``tag-limit-reached``, and by the database ``tag-code-taken`` and ``tag-name-taken``.
    """
    await _require_administrator(connection, caller)
    row = await connection.fetchrow(ADD, form.code, form.group, form.name, form.position, form.is_active, TAGS_MAX)
    if row is None:
        raise Problem("tag-limit-reached")
    await _log(connection, caller, "create", row)
    return _view(row, may_change=True)


async def change(connection: Connection, caller: Caller, code: str, form: TagEditIn) -> dict[str, Any]:
    """Change a tag; return it. Tasks that carry it keep it, also when it is chosen no more.

    Raises ``not-allowed``, ``not-found``, and by the database ``tag-name-taken``.
    """
    await _require_administrator(connection, caller)
    row = await connection.fetchrow(CHANGE, code, form.name, form.position, form.is_active)
    if row is None:
        raise Problem("not-found")
    await _log(connection, caller, "change", row)
    return _view(row, may_change=True)


async def count(reads: Reads, caller: Caller, area_id: UUID, month: date) -> dict[str, Any]:
    """Return what was verified in a month in an area and all below it, by tag, drills never.

    Minutes are what helpers said their services took. Raises ``not-allowed`` but to the area's staff.
    """
    rows = await reads.fetch(COUNTS, area_id, caller.scope(Role.STAFF), *months.bounds(month))
    if not rows:
        raise Problem("not-allowed")
    figures = ("code", "name", "tasks", "people", "claims", "minutes")
    return {
        "area": {"id": area_id, "name": rows[0]["area_name"]},
        "month": months.write(month),
        "items": [{"group": row["tag_group"], "actions": []} | {name: row[name] for name in figures} for row in rows],
        "actions": [],
    }


def subject_id(code: str) -> UUID:
    """Return under which id the events of a tag stand, which has none but its code."""
    return uuid5(NAMESPACE_OID, f"task_tag/{code}")


async def _require_administrator(connection: Connection, caller: Caller) -> None:
    if not await connection.fetchval(ADMINISTERS, caller.scope(Role.ADMINISTRATOR)):
        raise Problem("not-allowed")


async def _log(connection: Connection, caller: Caller, action: str, row: Record) -> None:
    state = "active" if row["is_active"] else "inactive"
    facts = {name: row[name] for name in ("code", "tag_group", "name", "position")}
    mover = Mover(Party.STAFF, caller.id)
    await transitions.log(connection, "task_tag", subject_id(row["code"]), action, state, mover, facts=facts)


def _view(row: Record, *, may_change: bool) -> dict[str, Any]:
    kept = ("code", "name", "position", "is_active")
    return {name: row[name] for name in kept} | {
        "group": row["tag_group"],
        "actions": ["change"] if may_change else [],
    }
