"""Areas and the organisations in them; public to read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    PlacesDep,
    ReadsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.routers.places import SHAPE_PROBLEMS
from app.schemas.areas import (
    AreaEditIn,
    AreaIn,
    AreaMergeIn,
    AreaOut,
    AreaPeriodOut,
    CloseIn,
    MoveIn,
    SplitAreaOut,
    SplitIn,
)
from app.schemas.fields import Day, Page
from app.services import area_history, areas
from app.services.area_changes import adding, closing, editing, merging, moving, splitting

router = APIRouter(tags=["areas"])

NAME_PROBLEMS = ("area-name-taken", "area-code-taken")
CHANGE_PROBLEMS = (*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "not-found", "area-closed")
PLACE_PROBLEMS = ("area-kind-misplaced", "area-too-deep", "area-closed")

WithClosed = Annotated[bool, Query(description="also those that are closed")]
OnDay = Annotated[
    Day | None, Query(description="the tree as it was at the end of this day; for figures, that of today")
]


@router.get(
    "/areas",
    response_model=Page[AreaOut],
    responses=responses("invalid-payload", "cursor-invalid", "day-out-of-record"),
)
async def list_areas(
    caller: MaybeCallerDep,
    reads: ReadsDep,
    page: PageDep,
    parent_id: UUID | None = None,
    on: OnDay = None,
    *,
    include_closed: WithClosed = False,
) -> Response:
    """List the areas right below `parent_id`, or the roots, in the order in which they were made.

    With `on`, those that lay there then, closed since or not: name, kind, code, path and what lay below are of that
    day, all else is of today.
    """
    if on is not None:
        return answer(await area_history.list_children(reads, caller, parent_id, on, page))
    return answer(await areas.list_children(reads, caller, parent_id, page, with_closed=include_closed))


@router.post(
    "/areas",
    status_code=201,
    response_model=AreaOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "area-unknown", *PLACE_PROBLEMS, *NAME_PROBLEMS
    ),
)
async def add_area(form: AreaIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Add an area right below one that the caller administers."""
    area_id = await adding.add(work.connection, caller, form)
    return work.answer(await areas.get(work.connection, area_id, caller), 201)


@router.get("/areas/{area_id}", response_model=AreaOut, responses=responses("not-found", "invalid-payload"))
async def get_area(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get one area, closed or not, with the path to it."""
    return answer(await areas.get(reads, area_id, caller))


@router.get(
    "/areas/{area_id}/history",
    response_model=Page[AreaPeriodOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_area_periods(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List what an area was called and where it lay, the newest first, with what changed it."""
    return answer(await area_history.list_periods(reads, caller, area_id, page))


@router.put(
    "/areas/{area_id}",
    response_model=AreaOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-allowed", "not-found", "area-closed", *NAME_PROBLEMS),
)
async def edit_area(area_id: UUID, form: AreaEditIn, caller: CallerDep, connection: TransactionDep) -> Response:
    """Change what an area is called, its code and its figures; the caller administers the area above it."""
    await editing.edit(connection, caller, area_id, form)
    return answer(await areas.get(connection, area_id, caller))


@router.post(
    "/areas/{area_id}/move",
    response_model=AreaOut,
    responses=responses(
        *CHANGE_PROBLEMS, "area-unknown", "area-into-itself", "area-kind-misplaced", "area-too-deep", "area-name-taken"
    ),
)
async def move_area(area_id: UUID, form: MoveIn, caller: CallerDep, work: UnitOfWorkDep, index: PlacesDep) -> Response:
    """Put an area with all that lies below it below another one; the caller administers both places."""
    await moving.move(work.connection, caller, area_id, form)
    index.hurry()
    return work.answer(await areas.get(work.connection, area_id, caller))


@router.post(
    "/areas/{area_id}/merge",
    response_model=AreaOut,
    responses=responses(
        *CHANGE_PROBLEMS, "area-unknown", "area-into-itself", "areas-unlike", "area-too-deep", "call-out-active"
    ),
)
async def merge_area(
    area_id: UUID, form: AreaMergeIn, caller: CallerDep, work: UnitOfWorkDep, index: PlacesDep
) -> Response:
    """Close an area and give what is open in it, its people and its land to another one of its kind."""
    await merging.merge(work.connection, caller, area_id, form)
    index.hurry()
    return work.answer(await areas.get(work.connection, area_id, caller))


@router.post(
    "/areas/{area_id}/split",
    response_model=SplitAreaOut,
    responses=responses(*CHANGE_PROBLEMS, *NAME_PROBLEMS, *SHAPE_PROBLEMS),
)
async def split_area(
    area_id: UUID, form: SplitIn, caller: CallerDep, work: UnitOfWorkDep, index: PlacesDep
) -> Response:
    """Close an area and open its parts: open work with a place goes by their shapes, all else to the default part."""
    part_ids = await splitting.split(work.connection, caller, area_id, form)
    index.hurry()
    area, *parts = await areas.get_all(work.connection, [area_id, *part_ids], caller)
    return work.answer(area | {"parts": parts})


@router.post("/areas/{area_id}/close", response_model=AreaOut, responses=responses(*CHANGE_PROBLEMS, "area-not-empty"))
async def close_area(
    area_id: UUID, form: CloseIn, caller: CallerDep, work: UnitOfWorkDep, index: PlacesDep
) -> Response:
    """Close an area for good in which nothing open is left; the facts of a refusal tell how much of what is."""
    await closing.close(work.connection, caller, area_id, form.reason)
    index.hurry()
    return work.answer(await areas.get(work.connection, area_id, caller))
