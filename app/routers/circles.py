"""Business circles; public, and kept by the alliance of an area."""

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
from app.schemas.circles import CircleEditIn, CircleGridsIn, CircleIn, CircleOut, CircleWithGridsOut
from app.schemas.fields import Page
from app.services import circles

router = APIRouter(prefix="/circles", tags=["circles"])
CHANGE_PROBLEMS = ("not-found", "not-allowed", "state-conflict")


@router.get("", response_model=Page[CircleOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_circles(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the open circles that are kept in an area or lie over a grid of it, in the order they were made."""
    return answer(await circles.list_of_area(reads, caller, area_id, page))


@router.get("/{circle_id}", response_model=CircleWithGridsOut, responses=responses("not-found", "invalid-payload"))
async def get_circle(circle_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get one circle with its grids."""
    return answer(await circles.get(reads, caller, circle_id))


@router.post(
    "",
    status_code=201,
    response_model=CircleWithGridsOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "area-closed", "not-allowed", "circle-name-taken"
    ),
)
async def add(form: CircleIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Make a circle that the caller's alliance keeps; it has no grids yet."""
    circle_id = await circles.add(work.connection, caller, form)
    return work.answer(await circles.get(work.connection, caller, circle_id), 201)


@router.put(
    "/{circle_id}",
    response_model=CircleWithGridsOut,
    responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, "circle-name-taken"),
)
async def edit(circle_id: UUID, form: CircleEditIn, caller: CallerDep, connection: TransactionDep) -> Response:
    """Name a circle anew and say something else of it, for its alliance."""
    await circles.edit(connection, caller, circle_id, form)
    return answer(await circles.get(connection, caller, circle_id))


@router.put(
    "/{circle_id}/grids",
    response_model=CircleWithGridsOut,
    responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, "grid-outside-circle", "area-closed"),
)
async def set_grids(circle_id: UUID, form: CircleGridsIn, caller: CallerDep, connection: TransactionDep) -> Response:
    """Say over which grids a circle lies, all of them below its own area, in place of those before."""
    await circles.set_grids(connection, caller, circle_id, form.grid_ids)
    return answer(await circles.get(connection, caller, circle_id))


@router.post(
    "/{circle_id}/close",
    response_model=CircleWithGridsOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", *CHANGE_PROBLEMS),
)
async def close(circle_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Close a circle for good; its shops and their offers stay as they are."""
    await circles.close(work.connection, caller, circle_id)
    return work.answer(await circles.get(work.connection, caller, circle_id))
