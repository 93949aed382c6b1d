"""Alliances of teams; public, and kept by the staff of an area."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.teams import AllianceEditIn, AllianceIn, AllianceOut, AllianceTeamsIn, AllianceWithTeamsOut
from app.services import alliances

router = APIRouter(prefix="/alliances", tags=["teams"])
CHANGE_PROBLEMS = ("not-found", "not-allowed", "state-conflict")


@router.get("", response_model=Page[AllianceOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_alliances(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the open alliances of an area and all below it, in the order they were made."""
    return answer(await alliances.list_of_area(reads, caller, area_id, page))


@router.get("/{alliance_id}", response_model=AllianceWithTeamsOut, responses=responses("not-found", "invalid-payload"))
async def get_alliance(alliance_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get one alliance with its teams."""
    return answer(await alliances.get(reads, caller, alliance_id))


@router.post(
    "",
    status_code=201,
    response_model=AllianceWithTeamsOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "area-closed", "not-allowed", "alliance-name-taken"
    ),
)
async def add_alliance(form: AllianceIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Make an alliance, as staff; it has no teams yet."""
    alliance_id = await alliances.add(work.connection, caller, form)
    return work.answer(await alliances.get(work.connection, caller, alliance_id), 201)


@router.put(
    "/{alliance_id}",
    response_model=AllianceWithTeamsOut,
    responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, "alliance-name-taken"),
)
async def edit_alliance(
    alliance_id: UUID, form: AllianceEditIn, caller: CallerDep, connection: TransactionDep
) -> Response:
    """Name an alliance anew and say something else of it, as staff."""
    await alliances.edit(connection, caller, alliance_id, form)
    return answer(await alliances.get(connection, caller, alliance_id))


@router.put(
    "/{alliance_id}/teams",
    response_model=AllianceWithTeamsOut,
    responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, "team-not-for-alliance"),
)
async def set_teams(
    alliance_id: UUID, form: AllianceTeamsIn, caller: CallerDep, connection: TransactionDep
) -> Response:
    """Say which teams answer an alliance's calls, approved ones of its area, in place of those before."""
    await alliances.set_teams(connection, caller, alliance_id, form.team_ids)
    return answer(await alliances.get(connection, caller, alliance_id))


@router.delete("/{alliance_id}/teams/{team_id}", status_code=204, responses=responses("not-found", "invalid-payload"))
async def leave_alliance(alliance_id: UUID, team_id: UUID, caller: CallerDep, connection: TransactionDep) -> Response:
    """Let the team that the caller leads answer the alliance's calls no more."""
    await alliances.leave(connection, caller, alliance_id, team_id)
    return Response(status_code=204)


@router.post(
    "/{alliance_id}/close",
    response_model=AllianceWithTeamsOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", *CHANGE_PROBLEMS),
)
async def close_alliance(alliance_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Close an alliance for good; its teams stay as they are."""
    await alliances.close(work.connection, caller, alliance_id)
    return work.answer(await alliances.get(work.connection, caller, alliance_id))
