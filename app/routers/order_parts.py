"""What one area has to do of an order."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, SecretDep, UnitOfWorkDep, answer
from app.problems import responses
from app.schemas.fields import Page
from app.schemas.orders import OrderCancelIn, OrderPartOut, PartStatus, ReportIn, ReturnIn
from app.schemas.tasks import TaskOut
from app.services.orders import ordering, parts, standing, work

router = APIRouter(prefix="/order-parts", tags=["orders"])
MOVE = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "not-allowed", "state-conflict")
DECISION = responses(*MOVE, "own-interest")
DECISION_WITH_WORDS = responses(*MOVE, "own-interest", "malformed-json")


@router.get("", response_model=Page[OrderPartOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_order_parts(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    status: PartStatus | None = None,
    *,
    is_overdue: bool = False,
) -> Response:
    """List what an area and all below it have to do of orders to their staff, newest first."""
    return answer(await standing.list_parts_of_area(reads, caller, area_id, status, page, overdue=is_overdue))


@router.get("/{part_id}", response_model=OrderPartOut, responses=responses("not-found", "invalid-payload"))
async def get_order_part(part_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get a part, with the words of its order and what was done."""
    return answer(await standing.get_part(reads, caller, part_id))


@router.post("/{part_id}/confirm", response_model=OrderPartOut, responses=responses(*MOVE))
async def confirm(part_id: UUID, caller: CallerDep, unit: UnitOfWorkDep) -> Response:
    """Say that one's area has seen what it has to do."""
    await parts.confirm(unit.connection, caller, part_id)
    return unit.answer(await standing.get_part(unit.connection, caller, part_id))


@router.post("/{part_id}/report", response_model=OrderPartOut, responses=responses(*MOVE, "malformed-json"))
async def report(part_id: UUID, form: ReportIn, caller: CallerDep, unit: UnitOfWorkDep) -> Response:
    """Say what one's area did; who ordered is told."""
    await parts.report(unit.connection, caller, part_id, form.report)
    return unit.answer(await standing.get_part(unit.connection, caller, part_id))


@router.post("/{part_id}/accept", response_model=OrderPartOut, responses=DECISION)
async def accept(part_id: UUID, caller: CallerDep, unit: UnitOfWorkDep) -> Response:
    """Accept what an area reported, as staff of the area that ordered; never one's own report."""
    await parts.accept(unit.connection, caller, part_id)
    return unit.answer(await standing.get_part(unit.connection, caller, part_id))


@router.post("/{part_id}/return", response_model=OrderPartOut, responses=DECISION_WITH_WORDS)
async def send_back(part_id: UUID, form: ReturnIn, caller: CallerDep, unit: UnitOfWorkDep) -> Response:
    """Return a report with what is still to be done."""
    await parts.send_back(unit.connection, caller, part_id, form.reason)
    return unit.answer(await standing.get_part(unit.connection, caller, part_id))


@router.post("/{part_id}/cancel", response_model=OrderPartOut, responses=DECISION_WITH_WORDS)
async def cancel(part_id: UUID, form: OrderCancelIn, caller: CallerDep, unit: UnitOfWorkDep) -> Response:
    """Take one area's part back, as staff of the area that ordered."""
    await ordering.cancel_part(unit.connection, caller, part_id, form.reason)
    return unit.answer(await standing.get_part(unit.connection, caller, part_id))


@router.get(
    "/{part_id}/tasks",
    response_model=Page[TaskOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_tasks(part_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep) -> Response:
    """List the tasks that were posted for a part; `POST /v1/tasks` with its `order_part_id` posts one."""
    return answer(await work.list_of_part(reads, secret, caller, part_id, page))
