"""Seats that teams and branches take, and who goes for them."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    ReadsDep,
    TermsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.pledges import InsidePledgeOut, NamesIn, PledgeEditIn, PledgeOut
from app.schemas.tasks import ClaimOut
from app.services import claims
from app.services.pledges import holding, naming, standing

router = APIRouter(prefix="/pledges", tags=["tasks"])
View = InsidePledgeOut | PledgeOut
MOVE = ("not-found", "not-allowed", "state-conflict")


@router.get("/{pledge_id}", response_model=View, responses=responses("not-found", "invalid-payload"))
async def get_pledge(pledge_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get one pledge; who goes, as somebody of the group or as staff."""
    return answer(await standing.get(reads, caller, pledge_id))


@router.put(
    "/{pledge_id}",
    response_model=InsidePledgeOut,
    responses=responses(*JSON_BODY_PROBLEMS, *MOVE, "heads-below-named", "task-not-open", "task-full", "seats-too-few"),
)
async def change_pledge(
    pledge_id: UUID, form: PledgeEditIn, caller: CallerDep, connection: TransactionDep, terms: TermsDep
) -> Response:
    """Hold more seats or fewer, as who leads the group or its staff; never fewer than have somebody."""
    await holding.change(connection, terms, caller, pledge_id, form.heads)
    return answer(await standing.get(connection, caller, pledge_id))


@router.post(
    "/{pledge_id}/withdraw",
    response_model=InsidePledgeOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", *MOVE),
)
async def withdraw_pledge(pledge_id: UUID, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Give back the seats that have nobody; whoever is named goes on."""
    await holding.withdraw(work.connection, terms, caller, pledge_id)
    return work.answer(await standing.get(work.connection, caller, pledge_id))


@router.post(
    "/{pledge_id}/people",
    response_model=InsidePledgeOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, *MOVE, "task-not-open", "pledge-full", "person-not-available"
    ),
)
async def name_people(
    pledge_id: UUID, form: NamesIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep
) -> Response:
    """Name people of the group, all or none; each has a claim at once, and may give it back."""
    await naming.name(work.connection, terms, caller, pledge_id, form.place_ids)
    return work.answer(await standing.get(work.connection, caller, pledge_id))


@router.post(
    "/{pledge_id}/claims",
    status_code=201,
    response_model=ClaimOut,
    responses=responses(
        *WRITE_PROBLEMS,
        "invalid-payload",
        *MOVE,
        *("task-not-open", "pledge-full", "own-task", "already-claimed", "claim-limit-reached", "claims-narrowed"),
    ),
)
async def claim_seat(pledge_id: UUID, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Take one of the seats of one's own group."""
    claim_id = await naming.claim(work.connection, terms, caller, pledge_id)
    return work.answer(await claims.get(work.connection, work.links, terms.secret, caller, claim_id), 201)
