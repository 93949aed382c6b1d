"""Functional branches of grids: founding and dissolving them, who is in them, who leads them and for how long."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    TermsDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.domain.kinds import SecretaryState
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.branches import (
    BranchEditIn,
    BranchHandOverIn,
    BranchIn,
    BranchMemberOut,
    BranchOut,
    BranchStatus,
    CandidacyIn,
    CandidacyOut,
    CandidacyStatus,
    InsideBranchOut,
    PlaceIn,
    PlaceStatus,
    TermOut,
)
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.services.branches import candidacies, founding, places, terms, views

router = APIRouter(prefix="/branches", tags=["branches"])
View = InsideBranchOut | BranchOut
WRITING = (*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS)
LIST_PROBLEMS = ("invalid-payload", "cursor-invalid", "not-found", "not-allowed")


@router.post(
    "",
    status_code=201,
    response_model=InsideBranchOut,
    responses=responses(*WRITING, "area-unknown", "area-not-a-grid", "not-allowed", "area-closed", "branch-exists"),
)
async def found(form: BranchIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Make the branch of a grid, as its staff."""
    branch_id = await founding.found(work.connection, caller, form)
    return work.answer(await views.get(work.connection, secret, caller, branch_id, is_kept=True), 201)


@router.get("", response_model=Page[View], responses=responses("invalid-payload", "cursor-invalid"))
async def list_branches(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: BranchStatus = "active",
    secretary: SecretaryState | None = None,
) -> Response:
    """List the branches of an area and all below it; as staff, also by how they stand for a secretary."""
    found = await views.list_of_area(reads, secret, caller, area_id, status=status, secretary=secretary, request=page)
    return answer(found)


@router.get("/{branch_id}", response_model=View, responses=responses("not-found", "invalid-payload"))
async def get_branch(branch_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one branch; who leads it, as somebody in it or as staff."""
    return answer(await views.get(reads, secret, caller, branch_id))


@router.put(
    "/{branch_id}",
    response_model=InsideBranchOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "not-allowed", "state-conflict"),
)
async def edit_branch(
    branch_id: UUID, form: BranchEditIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Change what a branch is called, as staff of its grid."""
    await founding.edit(connection, caller, branch_id, form)
    return answer(await views.get(connection, secret, caller, branch_id))


@router.post(
    "/{branch_id}/dissolve",
    response_model=InsideBranchOut,
    responses=responses(*WRITING, "not-found", "not-allowed", "state-conflict"),
)
async def dissolve(
    branch_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep
) -> Response:
    """End a branch for good; who was in it and who led it when stays known."""
    await founding.dissolve(work.connection, terms, caller, branch_id, form.reason)
    return await _tell(work, terms.secret, caller, branch_id)


@router.post(
    "/{branch_id}/members",
    status_code=201,
    response_model=BranchMemberOut,
    responses=responses(*WRITING, "not-found", "not-allowed", "state-conflict", "member-elsewhere", "branch-joined"),
)
async def join(branch_id: UUID, form: PlaceIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Join the branch of the grid where one is a member, or put a member there into it, as staff."""
    place_id = await places.join(work.connection, caller, branch_id, form.member_id)
    return work.answer(await places.get(work.connection, secret, caller, place_id, is_kept=True), 201)


@router.get("/{branch_id}/members", response_model=Page[BranchMemberOut], responses=responses(*LIST_PROBLEMS))
async def list_members(
    branch_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: PlaceStatus = "joined",
) -> Response:
    """List who is in a branch to those in it and to staff; who has left, to staff."""
    return answer(await places.list_of_branch(reads, secret, caller, branch_id, status, page))


@router.post(
    "/members/{branch_member_id}/leave",
    response_model=BranchMemberOut,
    responses=responses(*WRITING, "not-found", "state-conflict"),
)
async def leave(
    branch_member_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Leave a branch, or take somebody out of it as staff; a secretary who leaves is secretary no more."""
    await places.leave(work.connection, caller, branch_member_id, form.reason)
    return work.answer(await places.get(work.connection, secret, caller, branch_member_id, is_kept=True))


@router.post(
    "/{branch_id}/candidacies",
    status_code=201,
    response_model=CandidacyOut,
    responses=responses(*WRITING, "not-found", "not-allowed", "state-conflict", "not-in-branch", "candidacy-open"),
)
async def nominate(
    branch_id: UUID, form: CandidacyIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Stand for secretary of the branch one is in, or recommend somebody as staff, who is asked."""
    candidacy_id = await candidacies.nominate(work.connection, caller, branch_id, form)
    return work.answer(await candidacies.get(work.connection, secret, caller, candidacy_id, is_kept=True), 201)


@router.get("/{branch_id}/candidacies", response_model=Page[CandidacyOut], responses=responses(*LIST_PROBLEMS))
async def list_candidacies(
    branch_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: CandidacyStatus = "standing",
) -> Response:
    """List who stands for secretary, or did, to staff."""
    return answer(await candidacies.list_of_branch(reads, secret, caller, branch_id, status, page))


@router.post(
    "/{branch_id}/hand-over",
    response_model=InsideBranchOut,
    responses=responses(*WRITING, "not-found", "not-allowed", "own-interest", "state-conflict", "term-too-long"),
)
async def hand_over(
    branch_id: UUID, form: BranchHandOverIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Let the accepted candidate be secretary; whoever was so before is so no more from the same moment."""
    await terms.hand_over(work.connection, caller, branch_id, form)
    return await _tell(work, secret, caller, branch_id)


@router.post(
    "/{branch_id}/vacate",
    response_model=InsideBranchOut,
    responses=responses(*WRITING, "not-found", "not-allowed", "state-conflict", "branch-vacant"),
)
async def vacate(
    branch_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Resign as secretary, or relieve one as staff, without a successor."""
    await terms.vacate(work.connection, caller, branch_id, form.reason)
    return await _tell(work, secret, caller, branch_id)


@router.get("/{branch_id}/terms", response_model=Page[TermOut], responses=responses(*LIST_PROBLEMS))
async def list_terms(branch_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep) -> Response:
    """List who was secretary when, newest first, to those in the branch and to staff."""
    return answer(await terms.list_of_branch(reads, secret, caller, branch_id, page))


async def _tell(work: UnitOfWork, secret: str, caller: Caller, branch_id: UUID) -> Response:
    return work.answer(await views.get(work.connection, secret, caller, branch_id, is_kept=True))
