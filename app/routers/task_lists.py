"""Monthly lists of tasks (任务需求清单): drafted and published by staff, read by everybody."""

from io import BytesIO
from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Header, Request, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    PlacesDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    UnitOfWorkDep,
    answer,
    answer_unless_known,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.task_lists import (
    CancelListIn,
    ListItemIn,
    ListItemOut,
    PublishIn,
    TaskListDetailOut,
    TaskListIn,
    TaskListOut,
    TaskListSummaryOut,
)
from app.schemas.tasks import TaskOut
from app.services import tasks
from app.services.task_lists import drafting, publishing, standing, views

Responses = dict[int | str, dict[str, Any]]

router = APIRouter(prefix="/task-lists", tags=["tasks"])
PNG = "image/png"
QR_SCALE = 10
"""Pixels of one module: a picture of some 400 pixels, which a chat shows as it is."""
PICTURE: Responses = {200: {"content": {PNG: {"schema": {"type": "string", "format": "binary"}}}}}
NOT_MODIFIED: Responses = {304: {"description": "It is what the `ETag` that was sent stands for"}}
PLACED = (
    "location-outside",
    "location-in-no-grid",
    "location-on-border",
    "task-outside-area",
    "task-in-the-past",
    "tag-unknown",
)
MOVE = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "not-allowed", "state-conflict")
IfNoneMatch = Annotated[str | None, Header()]


class Png(Response):
    """A picture."""

    media_type = PNG


@router.post(
    "",
    status_code=201,
    response_model=TaskListDetailOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "not-allowed", "area-closed", "list-month-over"
    ),
)
async def make_list(form: TaskListIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Begin the list of an area for a month, as its staff."""
    list_id = await drafting.make(work.connection, caller, form)
    return work.answer(await views.get(work.connection, caller, list_id), 201)


@router.get("", response_model=Page[TaskListOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_lists(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the published lists of an area and all below it, newest first; to staff their drafts too."""
    return answer(await views.list_of_area(reads, caller, area_id, page))


@router.get(
    "/{list_id}", response_model=TaskListDetailOut, responses=NOT_MODIFIED | responses("not-found", "invalid-payload")
)
async def get_list(
    list_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Get a list with its counts and last month's results; asked again with its `ETag`."""
    return answer_unless_known(answer(await views.get(reads, caller, list_id)), if_none_match)


@router.get(
    "/{list_id}/items",
    response_model=Page[ListItemOut],
    responses=NOT_MODIFIED | responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_items(
    list_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the items of a list in the order of their numbers; asked again with its `ETag`."""
    return answer_unless_known(answer(await views.list_items(reads, secret, caller, list_id, page)), if_none_match)


@router.get(
    "/{list_id}/summary",
    response_model=TaskListSummaryOut,
    responses=NOT_MODIFIED | responses("not-found", "invalid-payload"),
)
async def summarise_list(
    list_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Get the text of a list for the group chat."""
    return answer_unless_known(answer(await views.summarise(reads, caller, list_id)), if_none_match)


@router.get(
    "/{list_id}/qr.png",
    response_class=Png,
    responses=PICTURE | NOT_MODIFIED | responses("not-found", "invalid-payload"),
)
async def draw_code(
    list_id: UUID, request: Request, caller: MaybeCallerDep, reads: ReadsDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Draw the QR code that leads to a list: the address under which it was asked for, without the picture."""
    await standing.find(reads, caller, list_id)
    picture = BytesIO()
    segno.make_qr(f"{request.base_url}v1/task-lists/{list_id}", error="m").save(picture, kind="png", scale=QR_SCALE)
    return answer_unless_known(Png(picture.getvalue()), if_none_match)


@router.post(
    "/{list_id}/items",
    status_code=201,
    response_model=TaskOut,
    responses=responses(
        *MOVE, "malformed-json", "area-unknown", "area-closed", "list-full", "groups-until-late", *PLACED
    ),
)
async def add_item(
    list_id: UUID,
    form: ListItemIn,
    caller: CallerDep,
    work: UnitOfWorkDep,
    settings: SettingsDep,
    index: PlacesDep,
    secret: SecretDep,
) -> Response:
    """Add an item to a draft, last in order: a task, which is edited and cancelled as such. Its words are checked."""
    base_points = settings.wish_reward_points
    task_id = await drafting.add_item(work.connection, index, caller, list_id, form, base_points)
    return work.answer(await tasks.get(work.connection, secret, caller, task_id), 201)


@router.post(
    "/{list_id}/publish",
    response_model=TaskListDetailOut,
    responses=responses(
        *MOVE,
        "malformed-json",
        "list-month-over",
        "list-empty",
        "list-unchecked",
        "list-item-over",
        "task-in-the-past",
        "groups-until-late",
    ),
)
async def publish_list(list_id: UUID, form: PublishIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Publish a list: its items are numbered and open all at once, first to teams and branches where it says so.

    Who leads them in the area is told.
    """
    await publishing.publish(work.connection, caller, list_id, form.groups_until)
    return work.answer(await views.get(work.connection, caller, list_id))


@router.post("/{list_id}/cancel", response_model=TaskListDetailOut, responses=responses(*MOVE, "malformed-json"))
async def cancel_list(list_id: UUID, form: CancelListIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Call a list off: items that nobody claimed are cancelled, who works on one goes on."""
    await drafting.cancel(work.connection, caller, list_id, form.reason)
    return work.answer(await views.get(work.connection, caller, list_id))


@router.post(
    "/{list_id}/copy",
    status_code=201,
    response_model=TaskListDetailOut,
    responses=responses(*MOVE, "list-month-over", "list-copied", "area-closed"),
)
async def copy_list(list_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Begin the next month's list with the items of this one, each on the same day of the week as before."""
    copy_id = await drafting.copy(work.connection, caller, list_id, settings.wish_reward_points)
    return work.answer(await views.get(work.connection, caller, copy_id), 201)
