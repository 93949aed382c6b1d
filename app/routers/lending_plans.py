"""Lending plans: staff order them, and take or leave each line."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.lending import LendingGapOut, LendingLineOut, LendingPlanIn, LendingPlanOut, LineStatus
from app.services.lending import lines, plans

router = APIRouter(prefix="/lending-plans", tags=["lending"])
PART_PROBLEMS = responses("not-found", "invalid-payload", "cursor-invalid")
DECISION = (*WRITE_PROBLEMS, "not-found", "state-conflict", "invalid-payload")


@router.post(
    "",
    status_code=201,
    response_model=LendingPlanOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-allowed",
        "area-unknown",
        "area-closed",
        "lending-area-too-large",
        "lending-end-out-of-range",
    ),
)
async def order(form: LendingPlanIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Order a plan that brings as many grids of an area as possible to the rule; it is there within seconds."""
    plan_id = await plans.order(work.connection, caller, form)
    return work.answer(await plans.get(work.connection, caller, plan_id), 201)


@router.get("", response_model=Page[LendingPlanOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_plans(area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the plans for an area and those below it, newest first."""
    return answer(await plans.list_of_area(reads, caller, area_id, page))


@router.get("/{plan_id}", response_model=LendingPlanOut, responses=responses("not-found", "invalid-payload"))
async def get_plan(plan_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get a plan, to see whether it is there and what came of it."""
    return answer(await plans.get(reads, caller, plan_id))


@router.get("/{plan_id}/lines", response_model=Page[LendingLineOut], responses=PART_PROBLEMS)
async def list_lines(
    plan_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: LineStatus | None = None
) -> Response:
    """List who could be lent from where to where, members before volunteers."""
    return answer(await lines.list_of_plan(reads, caller, plan_id, status, page))


@router.get("/{plan_id}/missing", response_model=Page[LendingGapOut], responses=PART_PROBLEMS)
async def list_missing(plan_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the grids that the plan leaves below the rule, by how many people, and why."""
    return answer(await plans.list_gaps(reads, caller, plan_id, page))


@router.post(
    "/{plan_id}/lines/{lending_line_id}/accept",
    response_model=LendingLineOut,
    responses=responses(*DECISION, "lending-line-stale"),
)
async def accept(plan_id: UUID, lending_line_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Accept a line that is still right: fitting people of the lending grid are asked, and may say no."""
    await lines.accept(work.connection, caller, plan_id, lending_line_id)
    return work.answer(await lines.get(work.connection, caller, plan_id, lending_line_id))


@router.post("/{plan_id}/lines/{lending_line_id}/refuse", response_model=LendingLineOut, responses=responses(*DECISION))
async def refuse(plan_id: UUID, lending_line_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Leave a line: nobody is asked."""
    await lines.refuse(work.connection, caller, plan_id, lending_line_id)
    return work.answer(await lines.get(work.connection, caller, plan_id, lending_line_id))


@router.post("/{plan_id}/lines/{lending_line_id}/stop", response_model=LendingLineOut, responses=responses(*DECISION))
async def stop(plan_id: UUID, lending_line_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Ask nobody for a line any more; who agreed stays lent."""
    await lines.stop(work.connection, caller, plan_id, lending_line_id)
    return work.answer(await lines.get(work.connection, caller, plan_id, lending_line_id))
