"""Groups of people called, and the tasks and the report of a call-out."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    PageDep,
    PlacesDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.call_outs import (
    CallOutGroupIn,
    CallOutGroupOut,
    CallOutGroupPeopleIn,
    CallOutGroupPersonOut,
    CallOutReportOut,
)
from app.schemas.fields import Page
from app.schemas.tasks import EmergencyTaskIn, TaskOut
from app.services import tasks
from app.services.call_outs import groups, reports
from app.services.call_outs import work as emergency

router = APIRouter(tags=["call-outs"])
LIST = responses("not-found", "invalid-payload", "cursor-invalid")


@router.post(
    "/call-outs/{call_out_id}/groups",
    status_code=201,
    response_model=CallOutGroupOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-found",
        "not-allowed",
        "call-out-over",
        "call-out-people-unfit",
        "call-out-group-taken",
    ),
)
async def make_group(call_out_id: UUID, form: CallOutGroupIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Put people together under a leader, as staff of their grids."""
    group_id = await groups.make(work.connection, caller, call_out_id, form)
    return work.answer(await groups.get(work.connection, caller, group_id), 201)


@router.get("/call-outs/{call_out_id}/groups", response_model=Page[CallOutGroupOut], responses=LIST)
async def list_groups(call_out_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the groups of a call-out: to staff those with people of their grids, to those called their own."""
    return answer(await groups.list_of_call_out(reads, caller, call_out_id, page))


@router.get(
    "/call-out-groups/{group_id}", response_model=CallOutGroupOut, responses=responses("not-found", "invalid-payload")
)
async def get_group(group_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get a group, as staff or as somebody in it."""
    return answer(await groups.get(reads, caller, group_id))


@router.put(
    "/call-out-groups/{group_id}/people",
    response_model=CallOutGroupOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "not-allowed", "call-out-over", "call-out-people-unfit"),
)
async def put_people(
    group_id: UUID, form: CallOutGroupPeopleIn, caller: CallerDep, connection: TransactionDep
) -> Response:
    """Say anew who is in a group, as staff or as its leader."""
    await groups.put_people(connection, caller, group_id, form)
    return answer(await groups.get(connection, caller, group_id))


@router.get(
    "/call-out-groups/{group_id}/people",
    response_model=Page[CallOutGroupPersonOut],
    responses=responses("not-found", "not-allowed", "invalid-payload", "cursor-invalid"),
)
async def list_people(
    group_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, *, is_free: bool = False
) -> Response:
    """List who is in a group, or who comes and is in none, to its leader and to staff."""
    return answer(await groups.list_people(reads, caller, group_id, page, is_free=is_free))


@router.post(
    "/call-outs/{call_out_id}/tasks",
    status_code=201,
    response_model=TaskOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-found",
        "not-allowed",
        "call-out-over",
        "area-unknown",
        "area-closed",
        "location-outside",
        "location-in-no-grid",
        "location-on-border",
        "task-outside-area",
        "task-in-the-past",
    ),
)
async def post_task(
    call_out_id: UUID,
    form: EmergencyTaskIn,
    caller: CallerDep,
    work: UnitOfWorkDep,
    index: PlacesDep,
    settings: SettingsDep,
    secret: SecretDep,
) -> Response:
    """Post a task of a call-out; without words of one's own it is open at once."""
    base_points = settings.wish_reward_points
    task_id = await emergency.post(work.connection, index, caller, call_out_id, form, base_points)
    return work.answer(await tasks.get(work.connection, secret, caller, task_id), 201)


@router.get("/call-outs/{call_out_id}/tasks", response_model=Page[TaskOut], responses=LIST)
async def list_tasks(
    call_out_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep
) -> Response:
    """List the tasks of a call-out to its staff and those called, newest first; those of a drill stand here alone."""
    return answer(await emergency.list_of_call_out(reads, secret, caller, call_out_id, page))


@router.get(
    "/call-outs/{call_out_id}/report",
    response_model=CallOutReportOut,
    responses=responses("not-found", "not-allowed", "invalid-payload"),
)
async def get_report(call_out_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get what became of a call-out, in figures and in the words of its end, as staff."""
    return answer(await reports.get(reads, caller, call_out_id))
