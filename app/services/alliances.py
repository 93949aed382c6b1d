"""Alliances: teams that are called together, put there by the staff of an area above them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.models.team import Alliance
from app.schemas.teams import AllianceEditIn, AllianceIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

COLUMNS = """
    x.id, x.area_id, a.name AS area_name, x.name, x.introduction, x.closed_at, a.lineage && $2::uuid[] AS in_scope,
    counted.teams, counted.heads
"""
TABLES = """
    FROM alliance x JOIN area a ON a.id = x.area_id CROSS JOIN LATERAL (
        SELECT count(DISTINCT t.id) AS teams, count(DISTINCT m.person_id) AS heads
        FROM alliance_team b JOIN team t ON t.id = b.team_id AND t.status = 'approved'
        LEFT JOIN team_member m ON m.team_id = t.id AND m.status = 'joined' WHERE b.alliance_id = x.id
    ) AS counted
"""
GET = f"""
    SELECT {COLUMNS}, ARRAY(
        SELECT (t.id, t.name) FROM alliance_team b JOIN team t ON t.id = b.team_id
        WHERE b.alliance_id = x.id AND t.status = 'approved' ORDER BY t.id
    ) AS team_refs {TABLES} WHERE x.id = $1
"""
LIST = f"""
    SELECT {COLUMNS} {TABLES} WHERE a.lineage @> ARRAY[$1::uuid] AND x.closed_at IS NULL AND x.id > $3
    ORDER BY x.id LIMIT $4
"""
FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
LOCK = "SELECT closed_at IS NULL FROM alliance WHERE id = $1 FOR NO KEY UPDATE"
# A lock on teams keeps them from being dissolved meanwhile. They are locked before they are joined: a join that waited
# for one which went to another area meanwhile would not find it.
LOCK_TEAMS = "SELECT FROM team WHERE id = ANY($1) ORDER BY id FOR SHARE"
COUNT_TEAMS = """
    SELECT count(*) FROM team t JOIN area a ON a.id = t.area_id
    WHERE t.id = ANY($1) AND t.status = 'approved' AND a.lineage @> ARRAY[$2::uuid]
"""
REMOVE_TEAMS = "DELETE FROM alliance_team WHERE alliance_id = $1 AND team_id <> ALL($2) RETURNING team_id"
ADD_TEAMS = """
    INSERT INTO alliance_team (alliance_id, team_id) SELECT $1, unnest($2::uuid[])
    ON CONFLICT DO NOTHING RETURNING team_id
"""
LEAVE = """
    DELETE FROM alliance_team b USING team t, person p
    WHERE b.alliance_id = $1 AND b.team_id = $2 AND t.id = b.team_id AND p.id = t.leader_id AND p.user_id = $3
    RETURNING b.team_id
"""


async def add(connection: Connection, caller: Caller, form: AllianceIn) -> UUID:
    """Make an alliance without teams; return its id.

    Raises ``area-unknown``, ``not-allowed``, ``alliance-name-taken``.
    """
    area = await connection.fetchrow(FIND_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    alliance = Alliance(id=new_id(), **form.model_dump())
    await insert(connection, alliance)
    await transitions.log(connection, "alliance", alliance.id, "create", "open", _mover(caller))
    return alliance.id


async def edit(connection: Connection, caller: Caller, alliance_id: UUID, form: AllianceEditIn) -> None:
    """Name an alliance anew. Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``alliance-name-taken``."""
    await _lock(connection, caller, alliance_id)
    await connection.execute(
        "UPDATE alliance SET name = $2, introduction = $3 WHERE id = $1", alliance_id, form.name, form.introduction
    )
    await transitions.log(connection, "alliance", alliance_id, "edit", "open", _mover(caller), from_state="open")


async def set_teams(connection: Connection, caller: Caller, alliance_id: UUID, team_ids: Sequence[UUID]) -> None:
    """Let an alliance be of these teams and no others. Locks the alliance's row and the teams'.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``team-not-for-alliance``.
    """
    alliance = await _lock(connection, caller, alliance_id)
    wanted = set(team_ids)
    await connection.execute(LOCK_TEAMS, list(wanted))
    if await connection.fetchval(COUNT_TEAMS, list(wanted), alliance["area_id"]) < len(wanted):
        raise Problem("team-not-for-alliance")
    removed = [row["team_id"] for row in await connection.fetch(REMOVE_TEAMS, alliance_id, list(wanted))]
    added = [row["team_id"] for row in await connection.fetch(ADD_TEAMS, alliance_id, list(wanted))]
    if removed or added:
        facts = {"removed": removed, "added": added}
        mover = _mover(caller)
        await transitions.log(
            connection, "alliance", alliance_id, "set_teams", "open", mover, from_state="open", facts=facts
        )


async def leave(connection: Connection, caller: Caller, alliance_id: UUID, team_id: UUID) -> None:
    """Let the caller's team answer the alliance's calls no more. Raises ``not-found``."""
    if await connection.fetchval(LEAVE, alliance_id, team_id, caller.id) is None:
        raise Problem("not-found")
    mover = Mover(Party.OWNER, caller.id)
    facts = {"removed": [team_id]}
    await transitions.log(connection, "alliance", alliance_id, "leave", "open", mover, from_state="open", facts=facts)


async def close(connection: Connection, caller: Caller, alliance_id: UUID) -> None:
    """Close an alliance for good. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    await _lock(connection, caller, alliance_id)
    await connection.execute("UPDATE alliance SET closed_at = $2 WHERE id = $1", alliance_id, now())
    await transitions.log(connection, "alliance", alliance_id, "close", "closed", _mover(caller), from_state="open")


async def get(reads: Reads, caller: Caller | None, alliance_id: UUID) -> dict[str, Any]:
    """Return one alliance with its teams. Raises ``not-found``."""
    row = await reads.fetchrow(GET, alliance_id, _scope(caller))
    if row is None:
        raise Problem("not-found")
    return _view(row) | {"teams": [{"id": team_id, "name": name} for team_id, name in row["team_refs"]]}


async def list_of_area(reads: Reads, caller: Caller | None, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the open alliances of an area and all below it, in the order they were made."""
    filters = ("alliances", area_id)
    rows = await reads.fetch(LIST, area_id, _scope(caller), request.above(*filters), request.rows)
    return page(rows, request, _view, *filters)


async def _lock(connection: Connection, caller: Caller, alliance_id: UUID) -> Record:
    row = await connection.fetchrow(GET, alliance_id, _scope(caller))
    if row is None:
        raise Problem("not-found")
    if not row["in_scope"]:
        raise Problem("not-allowed")  # alliances are public
    if not await connection.fetchval(LOCK, alliance_id):
        raise Problem("state-conflict")
    return row


def _scope(caller: Caller | None) -> list[UUID]:
    return caller.scope(Role.STAFF) if caller else []


def _mover(caller: Caller) -> Mover:
    return Mover(Party.STAFF, caller.id)


def _view(row: Record) -> dict[str, Any]:
    is_theirs = row["in_scope"] and row["closed_at"] is None
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "introduction": row["introduction"],
        "team_count": row["teams"],
        "head_count": row["heads"],
        "closed_at": row["closed_at"],
        "actions": ["edit", "set_teams", "close"] if is_theirs else [],
    }
