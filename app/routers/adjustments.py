"""Adjustments of points by hand: proposing, deciding, reading."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.adjustments import AdjustmentIn, AdjustmentOut, AdjustmentStatus
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.services import adjustments

router = APIRouter(prefix="/adjustments", tags=["adjustments"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")


@router.post(
    "",
    status_code=201,
    response_model=AdjustmentOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-allowed",
        "own-interest",
        "area-unknown",
        "area-closed",
        "user-unknown",
    ),
)
async def propose(form: AdjustmentIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Propose to give or take points of somebody who lives or served in the area; another person decides."""
    adjustment_id = await adjustments.propose(work.connection, caller, form)
    return work.answer(await adjustments.get(work.connection, caller, adjustment_id), 201)


@router.get("", response_model=Page[AdjustmentOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_adjustments(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: AdjustmentStatus = "proposed"
) -> Response:
    """List the adjustments of an area to its staff and auditors, newest first."""
    return answer(await adjustments.list_of_area(reads, caller, area_id, status, page))


@router.get("/{adjustment_id}", response_model=AdjustmentOut, responses=responses("not-found", "invalid-payload"))
async def get_adjustment(adjustment_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one adjustment, as staff or auditor of its area or as the one whose points they are."""
    return answer(await adjustments.get(reads, caller, adjustment_id))


@router.post(
    "/{adjustment_id}/approve",
    response_model=AdjustmentOut,
    responses=responses(*DECISION_PROBLEMS, "points-insufficient"),
)
async def approve(adjustment_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Approve what somebody else proposed; the points move at once."""
    await adjustments.approve(work.connection, caller, adjustment_id)
    return work.answer(await adjustments.get(work.connection, caller, adjustment_id))


@router.post(
    "/{adjustment_id}/refuse",
    response_model=AdjustmentOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json"),
)
async def refuse(adjustment_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Refuse what somebody else proposed, with a reason; nothing moves."""
    await adjustments.refuse(work.connection, caller, adjustment_id, form.reason)
    return work.answer(await adjustments.get(work.connection, caller, adjustment_id))
