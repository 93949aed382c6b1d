"""People asked to help in another grid, and their loans."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import responses
from app.schemas.fields import Page
from app.schemas.lending import LoanOut, LoanRequestOut, LoanStatus
from app.services.lending import loans, requests

router = APIRouter(tags=["lending"])
MOVE = (*WRITE_PROBLEMS, "not-found", "state-conflict", "invalid-payload")


@router.post(
    "/loan-requests/{request_id}/agree",
    response_model=LoanRequestOut,
    responses=responses(*MOVE, "area-closed", "lender-at-rule"),
)
async def agree(request_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Agree to help in the other grid until the last day; it can be ended at any time."""
    await requests.agree(work.connection, caller, request_id)
    return work.answer(await requests.get_own(work.connection, caller, request_id))


@router.post("/loan-requests/{request_id}/decline", response_model=LoanRequestOut, responses=responses(*MOVE))
async def decline(request_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Decline; no reason is asked for and nobody is told."""
    await requests.decline(work.connection, caller, request_id)
    return work.answer(await requests.get_own(work.connection, caller, request_id))


@router.get("/loans", response_model=Page[LoanOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_loans(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: LoanStatus = "running"
) -> Response:
    """List the people lent from and to grids of an area, newest first, for the staff of either grid."""
    return answer(await loans.list_of_area(reads, caller, area_id, status, page))


@router.post("/loans/{loan_id}/end", response_model=LoanOut, responses=responses(*MOVE))
async def end_loan(loan_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End a loan before its last day, as the person lent or as staff of either grid."""
    await loans.end(work.connection, caller, loan_id)
    return work.answer(await loans.get(work.connection, caller, loan_id))
