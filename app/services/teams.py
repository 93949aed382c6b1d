"""Teams of volunteers: applying, what a team says of itself, who leads it, and reading them."""

import json
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.domain.caller import Caller, Role, parties_to_team
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import TEAM, TEAM_MEMBER
from app.models.team import Team, TeamMember
from app.schemas.teams import TeamEditIn, TeamIn
from app.services import areas, people, transitions
from app.services.limits import Terms
from app.services.pages import PageRequest, page
from app.services.pledges import holding
from app.services.transitions import Mover

# In the views $4 is the caller or null, $5 the areas where they act as staff.
VIEW = """
    SELECT t.id, t.area_id, a.name AS area_name, t.name, t.introduction, t.services, t.status, t.created_at,
        l.user_id AS leader_user_id, a.lineage && $5::uuid[] AS in_scope, own.status AS own_status,
        (SELECT count(*) FROM team_member m WHERE m.team_id = t.id AND m.status = 'joined') AS head_count
    FROM team t JOIN area a ON a.id = t.area_id JOIN person l ON l.id = t.leader_id
    LEFT JOIN person p ON p.user_id = $4::uuid LEFT JOIN team_member own ON own.team_id = t.id AND own.person_id = p.id
"""
GET = VIEW.replace("$4", "$2").replace("$5", "$3") + " WHERE t.id = $1"
IN_AREA = f"{VIEW} WHERE t.id IN ({ids_in_area('team', 'x.status = $6')}) ORDER BY t.id DESC LIMIT $3"
OWN = f"""
    {VIEW} WHERE own.status IN ('asked', 'joined') AND t.status <> 'dissolved' AND t.id < $1
    ORDER BY t.id DESC LIMIT $2
""".replace("$4", "$3").replace("$5", "$4")
FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
LOCK = "SELECT leader_id FROM team WHERE id = $1 FOR NO KEY UPDATE"
NEW_LEADER = """
    UPDATE team SET leader_id = m.person_id FROM team_member m JOIN person p ON p.id = m.person_id
    WHERE team.id = $1 AND m.id = $2 AND m.team_id = $1 AND m.status = 'joined' AND p.user_id IS NOT NULL
        AND m.person_id <> team.leader_id
    RETURNING m.person_id
"""
PUBLIC_STATES = ("approved",)


async def apply(connection: Connection, caller: Caller, form: TeamIn) -> UUID:
    """Apply with a team that the caller leads; return its id.

    Raises ``helpers-only``, ``area-unknown``, ``team-name-taken``.
    """
    if not caller.is_helper:
        raise Problem("helpers-only")
    if await connection.fetchrow(FIND_AREA, form.area_id, []) is None:
        raise Problem("area-unknown")
    leader_id = await people.of_user(connection, caller.id)
    team = Team(id=new_id(), area_id=form.area_id, leader_id=leader_id, **_texts(form))
    await insert(connection, team)
    await transitions.log_creation(connection, TEAM, team.id, Mover(Party.OWNER, caller.id))
    leader = TeamMember(id=new_id(), team_id=team.id, person_id=leader_id, status="joined")
    await insert(connection, leader)
    mover = Mover(Party.OWNER, caller.id)
    await transitions.log(connection, TEAM_MEMBER.subject, leader.id, "found", "joined", mover)
    return team.id


async def edit(connection: Connection, caller: Caller, team_id: UUID, form: TeamEditIn) -> None:
    """Change what a team says of itself: by its leader, to be read by staff again, or by staff, at once.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``team-name-taken``.
    """
    row = await _find(connection, caller, team_id)
    parties = _parties(row, caller)
    action = "edit" if Party.OWNER in parties else "correct"
    party = transitions.permit(TEAM, row["status"], action, parties)
    await transitions.move(connection, TEAM, team_id, action, Mover(party, caller.id), changes=_texts(form))


async def move(connection: Connection, caller: Caller, team_id: UUID, action: str, reason: str | None = None) -> None:
    """Approve or refuse a team. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    row = await _find(connection, caller, team_id)
    party = transitions.permit(TEAM, row["status"], action, _parties(row, caller))
    await transitions.move(connection, TEAM, team_id, action, Mover(party, caller.id), note=reason)


async def dissolve(connection: Connection, terms: Terms, caller: Caller, team_id: UUID, reason: str) -> None:
    """End a team for good, and what seats it holds; whoever it named goes on. Raises as ``move`` does.

    Locks the team, then the tasks in the order of ids.
    """
    await move(connection, caller, team_id, "dissolve", reason)
    await holding.end_of_group(connection, terms, team_id=team_id)


async def hand_over(connection: Connection, caller: Caller, team_id: UUID, team_member_id: UUID) -> None:
    """Let another member who has logged in lead the team. Locks the team's row.

    Raises ``not-found`` also for a member of another team, ``not-allowed``, ``state-conflict`` of who is not in it.
    """
    row = await _find(connection, caller, team_id)
    if not _parties(row, caller):
        raise Problem("not-allowed")
    await connection.execute(LOCK, team_id)
    # Who leads is read again behind the lock: of two hand-overs at once, the second comes from nobody's leader.
    party = next(iter(_parties(await _find(connection, caller, team_id), caller)), None)
    if party is None:
        raise Problem("not-allowed")
    if await connection.fetchval(NEW_LEADER, team_id, team_member_id) is None:
        raise Problem("state-conflict")
    facts = {"team_member_id": team_member_id}
    await transitions.log(
        connection,
        TEAM.subject,
        team_id,
        "hand_over",
        row["status"],
        Mover(party, caller.id),
        from_state=row["status"],
        facts=facts,
    )


async def get(reads: Reads, caller: Caller | None, team_id: UUID) -> dict[str, Any]:
    """Return one team: an approved one to everybody, any to those in it and to staff. Raises ``not-found``."""
    row = await reads.fetchrow(GET, team_id, caller and caller.id, _scope(caller))
    if row is None or not _may_see(row, caller):
        raise Problem("not-found")
    return _view(row, caller)


async def list_of_area(
    reads: Reads, caller: Caller | None, area_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the teams of an area and all below it, newest first.

    Raises ``not-allowed`` for who is not staff and asks for teams that are not approved.
    """
    scope = _scope(caller)
    if status not in PUBLIC_STATES and not await areas.is_in_scope(reads, area_id, scope):
        raise Problem("not-allowed")
    filters = ("teams", area_id, status)
    arguments = (area_id, request.below(*filters), request.rows, caller and caller.id, scope, status)
    return page(await reads.fetch(IN_AREA, *arguments), request, lambda row: _view(row, caller), *filters)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the teams that the caller is in or asked to join, newest first."""
    rows = await reads.fetch(OWN, request.below("own-teams"), request.rows, caller.id, _scope(caller))
    return page(rows, request, lambda row: _view(row, caller), "own-teams")


async def _find(connection: Connection, caller: Caller, team_id: UUID) -> Record:
    row = await connection.fetchrow(GET, team_id, caller.id, _scope(caller))
    if row is None or not _may_see(row, caller):
        raise Problem("not-found")
    return row


def _may_see(row: Record, caller: Caller | None) -> bool:
    return row["status"] in PUBLIC_STATES or row["own_status"] == "joined" or bool(_parties(row, caller))


def _parties(row: Record, caller: Caller | None) -> frozenset[Party]:
    return parties_to_team(caller, leader_id=row["leader_user_id"], in_scope=row["in_scope"])


def _scope(caller: Caller | None) -> list[UUID]:
    return caller.scope(Role.STAFF) if caller else []


def _texts(form: TeamEditIn) -> dict[str, Any]:
    services = [service.model_dump(by_alias=True) for service in form.services]
    return {"name": form.name, "introduction": form.introduction, "services": json.dumps(services, ensure_ascii=False)}


def _view(row: Record, caller: Caller | None) -> dict[str, Any]:
    parties = _parties(row, caller)
    actions = list(TEAM.actions(row["status"], parties))
    if parties and row["status"] != "dissolved":
        actions.append("hand_over")
    may_ask = caller is not None and caller.is_helper and row["own_status"] in {None, "refused", "left"}
    if may_ask and row["status"] == "approved":
        actions.append("ask")
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "introduction": row["introduction"],
        "services": json.loads(row["services"]),
        "head_count": row["head_count"],
        "status": row["status"],
        "own_status": row["own_status"],
        "is_leader": caller is not None and caller.id == row["leader_user_id"],
        "created_at": row["created_at"],
        "actions": actions,
    }
