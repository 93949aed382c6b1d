"""Series of tasks, for staff: what is done again and again, each time a task of its own."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    PageDep,
    PlacesDep,
    ReadsDep,
    SettingsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.task_series import (
    EndSeriesIn,
    TaskSeriesChangedOut,
    TaskSeriesDetailOut,
    TaskSeriesEditIn,
    TaskSeriesIn,
    TaskSeriesOut,
)
from app.services import task_series

router = APIRouter(prefix="/task-series", tags=["tasks"])
RULED = ("rule-unclear", "series-endless", "series-too-long", "series-empty", "series-in-the-past")
PLACED = ("location-outside", "location-in-no-grid", "location-on-border", "task-outside-area", "tag-unknown")


@router.post(
    "",
    status_code=201,
    response_model=TaskSeriesDetailOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "not-allowed", "area-closed", *RULED, *PLACED
    ),
)
async def post_series(form: TaskSeriesIn, caller: CallerDep, work: UnitOfWorkDep, index: PlacesDep) -> Response:
    """Post a series for an area, as staff; its tasks are there once its words are checked."""
    series_id = await task_series.post(work.connection, index, caller, form)
    return work.answer(await task_series.get(work.connection, caller, series_id), 201)


@router.get(
    "", response_model=Page[TaskSeriesOut], responses=responses("not-allowed", "invalid-payload", "cursor-invalid")
)
async def list_series(area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the series of an area and all below it, newest first, to its staff."""
    return answer(await task_series.list_of_area(reads, caller, area_id, page))


@router.get("/{series_id}", response_model=TaskSeriesDetailOut, responses=responses("not-found", "invalid-payload"))
async def get_series(series_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one series with its next tasks."""
    return answer(await task_series.get(reads, caller, series_id))


@router.put(
    "/{series_id}",
    response_model=TaskSeriesChangedOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "state-conflict", "series-unchecked", *RULED, *PLACED),
)
async def edit_series(
    series_id: UUID,
    form: TaskSeriesEditIn,
    caller: CallerDep,
    connection: TransactionDep,
    settings: SettingsDep,
    index: PlacesDep,
) -> Response:
    """Say everything of a series anew from one day on; the answer names the tasks that stay as they are.

    One occurrence alone is changed by its task's own PUT.
    """
    kept = await task_series.edit(connection, index, caller, series_id, form, settings.wish_reward_points)
    return answer(await task_series.get(connection, caller, series_id) | task_series.kept_view(kept))


@router.post(
    "/{series_id}/open",
    response_model=TaskSeriesDetailOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", "not-found", "own-interest", "state-conflict"),
)
async def open_series(series_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Open a series whose words the content check left to people, and its tasks with it; nobody their own words."""
    await task_series.open_series(
        work.connection, caller, series_id, weeks=settings.series_weeks, base_points=settings.wish_reward_points
    )
    return work.answer(await task_series.get(work.connection, caller, series_id))


@router.post(
    "/{series_id}/end",
    response_model=TaskSeriesChangedOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "state-conflict"),
)
async def end_series(series_id: UUID, form: EndSeriesIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End a series: tasks from today on that nobody claimed are cancelled; the answer names those that stay."""
    kept = await task_series.end(work.connection, caller, series_id, form.reason)
    return work.answer(await task_series.get(work.connection, caller, series_id) | task_series.kept_view(kept))
