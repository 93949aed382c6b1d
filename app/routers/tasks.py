"""Tasks: what can be claimed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    PlacesDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    TermsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
    links_of,
)
from app.domain.kinds import TaskKind
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.pledges import InsidePledgeOut, PledgeIn, PledgeOut
from app.schemas.task_calls import TaskCallIn, TaskCallOut
from app.schemas.task_tags import TagCode
from app.schemas.tasks import CancelIn, ClaimOut, NearQuery, NearTaskOut, SeatsIn, TaskEditIn, TaskIn, TaskOut
from app.schemas.waiters import WaiterOut
from app.services import claims, near_tasks, posted_tasks, task_calls, tasks, waiting
from app.services.pledges import holding, standing

router = APIRouter(prefix="/tasks", tags=["tasks"])
PLACED = (
    "location-outside",
    "location-in-no-grid",
    "location-on-border",
    "task-outside-area",
    "task-in-the-past",
    "tag-unknown",
    "groups-until-late",
)
DECISION_WITH_REASON = responses(
    *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "not-allowed", "state-conflict", "service-unavailable"
)
DECISION = responses(*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")


@router.post(
    "",
    status_code=201,
    response_model=TaskOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "not-allowed", "area-closed", "order-part-unfit", *PLACED
    ),
)
async def post_task(
    form: TaskIn,
    caller: CallerDep,
    work: UnitOfWorkDep,
    settings: SettingsDep,
    index: PlacesDep,
    secret: SecretDep,
) -> Response:
    """Post a task for an area, as staff; helpers see it once its words are checked."""
    task_id = await posted_tasks.post(work.connection, index, caller, form, settings.wish_reward_points)
    return work.answer(await tasks.get(work.connection, secret, caller, task_id), 201)


@router.get("", response_model=Page[TaskOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_tasks(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    kind: TaskKind | None = None,
    tag: TagCode | None = None,
) -> Response:
    """List the open tasks of an area and all below it, newest first."""
    return answer(await tasks.list_open(reads, secret, caller, area_id, kind=kind, tag=tag, request=page))


@router.get(
    "/near",
    response_model=Page[NearTaskOut],
    responses=responses("invalid-payload", "cursor-invalid"),
)
async def list_near_tasks(
    asked: Annotated[NearQuery, Query()], caller: MaybeCallerDep, reads: ReadsDep, request: Request, secret: SecretDep
) -> Response:
    """List the open tasks with a free seat around a point, the nearest first; nobody keeps the point."""
    return answer(await near_tasks.list_near(reads, links_of(request), secret, caller, asked))


@router.get("/{task_id}", response_model=TaskOut, responses=responses("not-found", "invalid-payload"))
async def get_task(task_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one task."""
    return answer(await tasks.get(reads, secret, caller, task_id))


@router.post("/{task_id}/open", response_model=TaskOut, responses=DECISION)
async def open_task(task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Let helpers claim a task whose words the content check left to people; nobody opens their own words."""
    await posted_tasks.open_task(work.connection, secret, caller, task_id)
    return work.answer(await tasks.get(work.connection, secret, caller, task_id))


@router.post("/{task_id}/close", response_model=TaskOut, responses=DECISION)
async def close_task(task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Call for nobody else: a task that nobody has claimed is cancelled; who has goes on."""
    await posted_tasks.close_task(work.connection, secret, caller, task_id)
    return work.answer(await tasks.get(work.connection, secret, caller, task_id))


@router.put(
    "/{task_id}",
    response_model=TaskOut,
    responses=responses(
        *JSON_BODY_PROBLEMS,
        *("not-found", "not-allowed", "state-conflict", "task-claimed"),
        *PLACED,
    ),
)
async def edit_task(
    task_id: UUID, form: TaskEditIn, caller: CallerDep, connection: TransactionDep, index: PlacesDep, secret: SecretDep
) -> Response:
    """Say everything of a posted task anew while nobody has claimed it; its words are checked again."""
    await posted_tasks.edit(connection, index, caller, task_id, form)
    return answer(await tasks.get(connection, secret, caller, task_id))


@router.post("/{task_id}/cancel", response_model=TaskOut, responses=DECISION_WITH_REASON)
async def cancel_task(
    task_id: UUID, form: CancelIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Call a posted task off, under those who claimed it too; what was delivered can still be verified.

    One that is closed is read by nobody else any more, and those at work on it go on.
    """
    await posted_tasks.cancel(work.connection, caller, task_id, form.reason)
    return work.answer(await tasks.get(work.connection, secret, caller, task_id))


@router.post(
    "/{task_id}/claims",
    status_code=201,
    response_model=ClaimOut,
    responses=responses(
        *WRITE_PROBLEMS,
        "helpers-only",
        "own-wish",
        "own-complaint",
        "own-task",
        "not-found",
        "task-not-open",
        "task-for-groups",
        "already-claimed",
        "claim-limit-reached",
        "claims-narrowed",
        "task-full",
        "invalid-payload",
    ),
)
async def claim(task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Take a free seat."""
    claim_id = await claims.take(work.connection, terms, caller, task_id)
    return work.answer(await claims.get(work.connection, work.links, terms.secret, caller, claim_id), 201)


@router.post(
    "/{task_id}/waiters",
    status_code=201,
    response_model=WaiterOut,
    responses=responses(
        *WRITE_PROBLEMS,
        "helpers-only",
        "own-wish",
        "own-complaint",
        "own-task",
        "not-found",
        "task-not-open",
        "task-for-groups",
        "already-claimed",
        "already-waiting",
        "waiting-limit-reached",
        "task-not-full",
        "invalid-payload",
    ),
)
async def wait(task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Wait for a seat of a full task; the first in line has the next that frees, and its claim at once."""
    waiter_id = await waiting.join(work.connection, secret, caller, task_id)
    return work.answer(await waiting.get(work.connection, caller, waiter_id), 201)


@router.post(
    "/{task_id}/seats",
    response_model=TaskOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *("not-found", "not-allowed", "own-interest", "state-conflict", "seats-not-more"),
    ),
)
async def add_seats(task_id: UUID, form: SeatsIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Let more people claim an open task; whoever waits has the new seats first."""
    await posted_tasks.add_seats(work.connection, terms, caller, task_id, form.seats)
    return work.answer(await tasks.get(work.connection, terms.secret, caller, task_id))


@router.post(
    "/{task_id}/pledges",
    status_code=201,
    response_model=InsidePledgeOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *("not-found", "group-unknown", "not-allowed", "task-for-persons", "group-elsewhere"),
        *("task-not-open", "already-pledged", "task-full", "seats-too-few"),
    ),
)
async def pledge(task_id: UUID, form: PledgeIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Take seats for a team or a branch, as who leads it or staff of its area, and name the people afterwards."""
    pledge_id = await holding.pledge(work.connection, caller, task_id, form)
    return work.answer(await standing.get(work.connection, caller, pledge_id), 201)


@router.get(
    "/{task_id}/pledges",
    response_model=Page[InsidePledgeOut | PledgeOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_pledges(
    task_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep
) -> Response:
    """List which groups took how many seats, newest first; who goes, to those of the group and to staff."""
    return answer(await standing.list_of_task(reads, secret, caller, task_id, page))


@router.post(
    "/{task_id}/calls",
    status_code=201,
    response_model=TaskCallOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *("not-found", "alliance-unknown", "not-allowed", "task-for-persons", "alliance-elsewhere", "task-not-open"),
        *("task-in-the-past", "groups-until-late", "alliance-empty", "already-called"),
    ),
)
async def call_alliance(task_id: UUID, form: TaskCallIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Call all teams of an alliance to a task, as staff of its area or as secretary of a branch over it."""
    call_id = await task_calls.call(work.connection, caller, task_id, form)
    return work.answer(await task_calls.get(work.connection, caller, call_id), 201)


@router.get(
    "/{task_id}/calls",
    response_model=Page[TaskCallOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_calls(task_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep) -> Response:
    """List which alliances were called to a task, to who called, staff and the leaders of their teams."""
    return answer(await task_calls.list_of_task(reads, secret, caller, task_id, page))
