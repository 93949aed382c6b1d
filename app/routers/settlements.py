"""Monthly settlements: drafting, looking, disputing, agreeing, paying, and the spreadsheet."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWork, UnitOfWorkDep, answer
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.problems import JSON_BODY_PROBLEMS, responses
from app.routers.downloads import Spreadsheet, headers, pieces
from app.schemas.fields import Page
from app.schemas.settlements import (
    DisputeIn,
    LineAnswerIn,
    PaymentIn,
    ReopenIn,
    SettlementIn,
    SettlementLineOut,
    SettlementOut,
    SettlementStatus,
)
from app.services import settlement_lines, settlement_views, settlements, statements

router = APIRouter(prefix="/settlements", tags=["settlements"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")
CLOSING_PROBLEMS = (*DECISION_PROBLEMS, "settlement-differs", "ledger-halted", "service-unavailable")


async def _tell(work: UnitOfWork, caller: Caller, settlement_id: UUID, status: int = 200) -> Response:
    return work.answer(await settlement_views.get(work.connection, caller, settlement_id), status)


@router.post(
    "",
    status_code=201,
    response_model=SettlementOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-allowed",
        "own-interest",
        "not-found",
        "settlement-month-open",
        "settlement-exists",
        "settlement-empty",
    ),
)
async def draft(form: SettlementIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Draft the statement of a shop for a month that is over, as the alliance's staff."""
    settlement_id = await settlements.draft(work.connection, caller, form.merchant_id, form.first_day)
    return await _tell(work, caller, settlement_id, 201)


@router.get("", response_model=Page[SettlementOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_settlements(
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    merchant_id: UUID | None = None,
    area_id: UUID | None = None,
    status: SettlementStatus | None = None,
) -> Response:
    """List the statements of a shop to its owner, or of a shop or an area to the alliance's staff, newest first."""
    if merchant_id is None and area_id is None:
        raise Problem("invalid-payload", fields=[{"field": "query.merchant_id", "reason": "missing"}])
    listed = await settlement_views.list_settlements(
        reads, caller, page, merchant_id=merchant_id, area_id=area_id, status=status
    )
    return answer(listed)


@router.get("/{settlement_id}", response_model=SettlementOut, responses=responses("not-found", "invalid-payload"))
async def get_settlement(settlement_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one statement, as the shop's owner or as the alliance's staff."""
    return answer(await settlement_views.get(reads, caller, settlement_id))


@router.get(
    "/{settlement_id}/lines",
    response_model=Page[SettlementLineOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_lines(settlement_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the lines of a statement, oldest scan first."""
    return answer(await settlement_views.list_lines(reads, caller, settlement_id, page))


@router.get(
    "/{settlement_id}/statement.xlsx",
    response_class=Spreadsheet,
    responses=responses("not-found", "invalid-payload"),
)
async def get_statement(settlement_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get a statement as a spreadsheet."""
    statement = await statements.write(reads, caller, settlement_id)
    return Spreadsheet(pieces(statement.content), headers=headers(statement.file_name))


@router.post("/{settlement_id}/refresh", response_model=SettlementOut, responses=responses(*DECISION_PROBLEMS))
async def refresh(settlement_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Read a draft anew: a reversed redemption leaves it, a forgotten one joins."""
    await settlements.refresh(work.connection, caller, settlement_id)
    return await _tell(work, caller, settlement_id)


@router.post(
    "/{settlement_id}/agree",
    response_model=SettlementOut,
    responses=responses(*CLOSING_PROBLEMS, "settlement-disputed"),
)
async def agree(settlement_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Agree to a statement as the shop's owner."""
    await settlements.agree(work.connection, caller, settlement_id)
    return await _tell(work, caller, settlement_id)


@router.post(
    "/{settlement_id}/reopen", response_model=SettlementOut, responses=responses(*DECISION_PROBLEMS, "malformed-json")
)
async def reopen(settlement_id: UUID, form: ReopenIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Make an agreed statement a draft again, with a reason, as the alliance's staff."""
    await settlements.reopen(work.connection, caller, settlement_id, form.reason)
    return await _tell(work, caller, settlement_id)


@router.post(
    "/{settlement_id}/pay", response_model=SettlementOut, responses=responses(*CLOSING_PROBLEMS, "malformed-json")
)
async def pay(settlement_id: UUID, form: PaymentIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Note that an agreed statement was paid; its points move to what merchants were paid for."""
    await settlements.pay(work.connection, caller, settlement_id, form.document)
    return await _tell(work, caller, settlement_id)


@router.post(
    "/{settlement_id}/lines/{line_id}/dispute",
    response_model=SettlementLineOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json"),
)
async def dispute(
    settlement_id: UUID, line_id: UUID, form: DisputeIn, caller: CallerDep, work: UnitOfWorkDep
) -> Response:
    """Doubt a line of a draft; the statement cannot be agreed until there is an answer."""
    await settlement_lines.dispute(work.connection, caller, settlement_id, line_id, form.reason)
    return work.answer(await settlement_views.get_line(work.connection, caller, settlement_id, line_id))


@router.post(
    "/{settlement_id}/lines/{line_id}/answer",
    response_model=SettlementLineOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json"),
)
async def answer_dispute(
    settlement_id: UUID, line_id: UUID, form: LineAnswerIn, caller: CallerDep, work: UnitOfWorkDep
) -> Response:
    """End a dispute: the line is accepted or removed, with an answer, as the alliance's staff."""
    await settlement_lines.answer(
        work.connection, caller, settlement_id, line_id, decision=form.decision, text=form.answer
    )
    return work.answer(await settlement_views.get_line(work.connection, caller, settlement_id, line_id))
