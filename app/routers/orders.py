"""Orders: what a street or a district has done by the areas below it."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.orders import OrderCancelIn, OrderIn, OrderOut, OrderPartOut, OrderProgressOut, OrderStatus, PartStatus
from app.services.orders import ordering, progress, standing

router = APIRouter(prefix="/orders", tags=["orders"])
MOVE = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "not-allowed", "state-conflict")


@router.post(
    "",
    status_code=201,
    response_model=OrderOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "area-unknown",
        "area-closed",
        "not-allowed",
        "order-too-low",
        "order-in-the-past",
        "order-areas-unfit",
        "order-without-areas",
    ),
)
async def order(form: OrderIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Order something of areas below one's own, as staff of a street or a district; their staff are told."""
    order_id = await ordering.order(work.connection, caller, form)
    return work.answer(await standing.get(work.connection, caller, order_id), 201)


@router.get("", response_model=Page[OrderOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_orders(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: OrderStatus | None = None
) -> Response:
    """List what an area and all below it ordered, newest first, as far as the caller may see it."""
    return answer(await standing.list_of_area(reads, caller, area_id, status, page))


@router.get("/{order_id}", response_model=OrderOut, responses=responses("not-found", "invalid-payload"))
async def get_order(order_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get an order, as staff of the area that ordered or of one that has a part in it."""
    return answer(await standing.get(reads, caller, order_id))


@router.post("/{order_id}/close", response_model=OrderOut, responses=responses(*MOVE, "order-parts-open"))
async def close_order(order_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End an order of which every part was accepted or taken back."""
    await ordering.close(work.connection, caller, order_id)
    return work.answer(await standing.get(work.connection, caller, order_id))


@router.post("/{order_id}/cancel", response_model=OrderOut, responses=responses(*MOVE, "malformed-json"))
async def cancel_order(order_id: UUID, form: OrderCancelIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Take an order back with every part that is not accepted; tasks that were posted for it go on."""
    await ordering.cancel(work.connection, caller, order_id, form.reason)
    return work.answer(await standing.get(work.connection, caller, order_id))


@router.get(
    "/{order_id}/parts",
    response_model=Page[OrderPartOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_parts(
    order_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    status: PartStatus | None = None,
    *,
    is_overdue: bool = False,
) -> Response:
    """List the parts of an order that the caller may see."""
    found = await standing.list_parts_of_order(reads, caller, order_id, status, page, overdue=is_overdue)
    return answer(found)


@router.get(
    "/{order_id}/progress",
    response_model=OrderProgressOut,
    responses=responses("not-found", "area-unknown", "invalid-payload"),
)
async def get_progress(order_id: UUID, caller: CallerDep, reads: ReadsDep, area_id: UUID | None = None) -> Response:
    """Count how an order stands in an area, the one that ordered if none is named, and in each right below it."""
    return answer(await progress.count(reads, caller, order_id, area_id))
