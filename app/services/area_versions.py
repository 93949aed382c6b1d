"""Versions of what areas say (policies, rules): a new one never changes an older one, and none is ever deleted.

Each has a table with the columns ``id``, ``area_id``, ``version``, ``effective_from``, ``created_by``, ``created_at``,
and one for each thing that an area may say, NULL where it leaves that to the area above.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.services import transitions
from app.services.transitions import Mover

# Whoever makes a version waits for the one before, and then counts on from it.
LOCK_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR NO KEY UPDATE"


async def append(
    connection: Connection,
    caller: Caller,
    table: str,
    area_id: UUID,
    effective_from: datetime | None,
    says: Mapping[str, Any],
    *,
    if_past: Problem,
) -> UUID:
    """Give an area a new version of what ``table`` keeps, from now on or from later; return its id.

    Locks the area's row. Raises ``area-unknown``, ``not-allowed`` for an area that the caller does not administer, and
    ``if_past`` for a beginning that is over.
    """
    area = await connection.fetchrow(LOCK_AREA, area_id, caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    moment = now()
    if effective_from is not None and effective_from < moment:
        raise if_past
    version_id = new_id()
    columns = "".join(f", {column}" for column in says)
    places = "".join(f", ${place}" for place, _ in enumerate(says, start=6))
    await connection.execute(
        f"""
        INSERT INTO {table} (id, area_id, version, effective_from, created_by, created_at{columns})
        SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5{places} FROM {table} WHERE area_id = $2
        """,
        version_id,
        area_id,
        effective_from or moment,
        caller.id,
        moment,
        *says.values(),
    )
    await transitions.log(connection, table, version_id, "create", "active", Mover(Party.STAFF, caller.id))
    return version_id


def list_sql(view: str, table: str) -> str:
    """Return SQL for a page of the versions of the area $1 below the one $2, $3 of them, newest first.

    ``view`` selects from ``table`` (alias ``v``) what is shown of each.
    """
    return f"""
        {view} WHERE v.area_id = $1
            AND v.version < coalesce((SELECT last.version FROM {table} last WHERE last.id = $2), 2147483647)
        ORDER BY v.version DESC LIMIT $3
    """


def in_force_sql(table: str) -> str:
    """Return SQL for each area from the root to $1 with its version in force at $2, if it has one."""
    return f"""
        SELECT above.id AS lineage_id, above.name AS area_name, v.*
        FROM area a, unnest(a.lineage) WITH ORDINALITY AS step (id, place) JOIN area above ON above.id = step.id
        LEFT JOIN LATERAL (
            SELECT x.* FROM {table} x WHERE x.area_id = step.id AND x.effective_from <= $2
            ORDER BY x.version DESC LIMIT 1
        ) AS v ON true
        WHERE a.id = $1 ORDER BY step.place
    """
