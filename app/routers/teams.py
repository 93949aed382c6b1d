"""Teams of volunteers and who is in them."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    TermsDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.schemas.teams import TeamEditIn, TeamHandOverIn, TeamIn, TeamMemberOut, TeamMemberStatus, TeamOut, TeamStatus
from app.services import team_members, teams

router = APIRouter(prefix="/teams", tags=["teams"])
DECISION = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "not-allowed", "state-conflict")
PLACE = (*DECISION, "own-interest")


@router.post(
    "",
    status_code=201,
    response_model=TeamOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "helpers-only", "area-unknown", "area-closed", "team-name-taken"
    ),
)
async def apply(form: TeamIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Apply with a team that the caller leads; everybody sees it once staff have approved it."""
    team_id = await teams.apply(work.connection, caller, form)
    return work.answer(await teams.get(work.connection, caller, team_id), 201)


@router.get("", response_model=Page[TeamOut], responses=responses("invalid-payload", "cursor-invalid", "not-allowed"))
async def list_teams(
    area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep, status: TeamStatus = "approved"
) -> Response:
    """List the teams of an area and all below it, newest first; those not approved, as staff."""
    return answer(await teams.list_of_area(reads, caller, area_id, status, page))


@router.get("/{team_id}", response_model=TeamOut, responses=responses("not-found", "invalid-payload"))
async def get_team(team_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get one team."""
    return answer(await teams.get(reads, caller, team_id))


@router.put(
    "/{team_id}",
    response_model=TeamOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "not-allowed", "state-conflict", "team-name-taken"),
)
async def edit_team(team_id: UUID, form: TeamEditIn, caller: CallerDep, connection: TransactionDep) -> Response:
    """Change what a team says of itself; what its leader writes is read by staff before others see it again."""
    await teams.edit(connection, caller, team_id, form)
    return answer(await teams.get(connection, caller, team_id))


@router.post("/{team_id}/approve", response_model=TeamOut, responses=responses(*DECISION))
async def approve(team_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Let everybody see a team, as staff who do not lead it."""
    await teams.move(work.connection, caller, team_id, "approve")
    return work.answer(await teams.get(work.connection, caller, team_id))


@router.post("/{team_id}/refuse", response_model=TeamOut, responses=responses(*DECISION, "malformed-json"))
async def refuse(team_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Refuse a team with a reason; its leader may write it anew."""
    await teams.move(work.connection, caller, team_id, "refuse", form.reason)
    return work.answer(await teams.get(work.connection, caller, team_id))


@router.post("/{team_id}/dissolve", response_model=TeamOut, responses=responses(*DECISION, "malformed-json"))
async def dissolve(team_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """End a team for good, as its leader or as staff."""
    await teams.dissolve(work.connection, terms, caller, team_id, form.reason)
    return work.answer(await teams.get(work.connection, caller, team_id))


@router.post("/{team_id}/hand-over", response_model=TeamOut, responses=responses(*DECISION, "malformed-json"))
async def hand_over(team_id: UUID, form: TeamHandOverIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Let another member of the team lead it."""
    await teams.hand_over(work.connection, caller, team_id, form.team_member_id)
    return work.answer(await teams.get(work.connection, caller, team_id))


@router.post(
    "/{team_id}/members",
    status_code=201,
    response_model=TeamMemberOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", "helpers-only", "not-found", "team-joined"),
)
async def ask(team_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Ask to be in a team."""
    place_id = await team_members.ask(work.connection, caller, team_id)
    return work.answer(await team_members.get(work.connection, caller, place_id), 201)


@router.get(
    "/{team_id}/members",
    response_model=Page[TeamMemberOut],
    responses=responses("invalid-payload", "cursor-invalid", "not-found"),
)
async def list_members(
    team_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: TeamMemberStatus = "joined"
) -> Response:
    """List who is in a team to those in it; who asked to be, to its leader and staff. Others get an empty list."""
    return answer(await team_members.list_of_team(reads, caller, team_id, status, page))


@router.post("/members/{team_member_id}/admit", response_model=TeamMemberOut, responses=responses(*PLACE))
async def admit_member(team_member_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Let somebody into the team who asked, as its leader or as staff."""
    return await _move(team_member_id, caller, work, "admit")


@router.post("/members/{team_member_id}/refuse", response_model=TeamMemberOut, responses=responses(*PLACE))
async def refuse_member(team_member_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Refuse somebody who asked, as the team's leader or as staff."""
    return await _move(team_member_id, caller, work, "refuse")


@router.post(
    "/members/{team_member_id}/remove", response_model=TeamMemberOut, responses=responses(*PLACE, "team-needs-leader")
)
async def remove_member(team_member_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Take somebody out of the team, as its leader or as staff."""
    return await _move(team_member_id, caller, work, "remove")


@router.post(
    "/members/{team_member_id}/leave", response_model=TeamMemberOut, responses=responses(*PLACE, "team-needs-leader")
)
async def leave_member(team_member_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Leave a team, or ask no more."""
    return await _move(team_member_id, caller, work, "leave")


async def _move(team_member_id: UUID, caller: Caller, work: UnitOfWork, action: str) -> Response:
    await team_members.move(work.connection, caller, team_member_id, action)
    return work.answer(await team_members.get(work.connection, caller, team_member_id))
