"""The joint case (联办): handing a complaint to units, and what they and staff do with their steps."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.problems import responses
from app.schemas.complaints import ComplaintForStaffOut, ReasonIn
from app.schemas.fields import Page
from app.schemas.steps import DispatchIn, StepAnswerIn, StepOut
from app.services import complaint_views, step_views, work_order_page, work_orders
from app.services.complaints import steps

router = APIRouter(tags=["steps"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "not-found", "not-allowed", "own-interest", "state-conflict", "invalid-payload")


async def _tell(work: UnitOfWork, secret: str, caller: Caller, step_id: UUID) -> Response:
    return work.answer(await step_views.get(work.connection, secret, caller, step_id))


@router.post(
    "/complaints/{complaint_id}/dispatch",
    response_model=ComplaintForStaffOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "unit-unknown", "unit-closed"),
)
async def dispatch(
    complaint_id: UUID, form: DispatchIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Hand a complaint to a lead unit and co-units, each with a step of its own.

    Done again, it says anew who has to act: who is named no more and has not answered is taken off.
    """
    await steps.dispatch(work.connection, secret, caller, complaint_id, form)
    return work.answer(await complaint_views.get(work.connection, work.links, secret, caller, complaint_id))


@router.get(
    "/complaints/{complaint_id}/work-order",
    response_class=HTMLResponse,
    responses=responses("not-found", "not-allowed", "own-interest", "invalid-payload"),
)
async def get_work_order(
    complaint_id: UUID, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Get a complaint as a page to be printed, for the staff who handle it and for its units.

    It carries who opened it, to be seen and hidden, and whoever complained reads that it was opened.
    """
    page = await work_orders.open_page(connection, secret, caller, complaint_id)
    return HTMLResponse(page, headers=work_order_page.HEADERS)


@router.get(
    "/me/steps", response_model=Page[StepOut], responses=responses("invalid-payload", "cursor-invalid"), tags=["me"]
)
async def list_own(
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: Literal["assigned", "answered"] = "assigned",
) -> Response:
    """List what the units have to do for which the caller acts, or what they answered; what is due first."""
    return answer(await step_views.list_own(reads, secret, caller, status, page))


@router.get("/steps/{step_id}", response_model=StepOut, responses=responses("not-found", "invalid-payload"))
async def get_step(step_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one unit's step, with what it is about and exactly where; who complained is told to no unit."""
    return answer(await step_views.get(reads, secret, caller, step_id))


@router.post(
    "/steps/{step_id}/answer", response_model=StepOut, responses=responses(*DECISION_PROBLEMS, "malformed-json")
)
async def answer_step(
    step_id: UUID, form: StepAnswerIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Say what the unit did: for whoever acts for it, and for staff when it answered on paper."""
    await steps.answer(work.connection, secret, caller, step_id, form.answer)
    return await _tell(work, secret, caller, step_id)


@router.post(
    "/steps/{step_id}/send-back",
    response_model=StepOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "unit-closed"),
)
async def send_back(
    step_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Have a unit act and answer again, with the reason."""
    await steps.send_back(work.connection, secret, caller, step_id, form.reason)
    return await _tell(work, secret, caller, step_id)


@router.post("/steps/{step_id}/cancel", response_model=StepOut, responses=responses(*DECISION_PROBLEMS))
async def cancel(step_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Take a unit off the case."""
    await steps.cancel(work.connection, secret, caller, step_id)
    return await _tell(work, secret, caller, step_id)
