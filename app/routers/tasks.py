"""Tasks: what can be claimed."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    UnitOfWorkDep,
    answer,
)
from app.domain.kinds import TaskKind
from app.problems import responses
from app.schemas.fields import Page
from app.schemas.tasks import ClaimOut, TaskOut
from app.services import claims, tasks
from app.services.complaints import helping

router = APIRouter(prefix="/tasks", tags=["tasks"])
DECISION = responses(*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")


@router.get("", response_model=Page[TaskOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_tasks(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    kind: TaskKind | None = None,
) -> Response:
    """List the open tasks of an area and all below it, newest first."""
    return answer(await tasks.list_open(reads, secret, caller, area_id, kind, page))


@router.get("/{task_id}", response_model=TaskOut, responses=responses("not-found", "invalid-payload"))
async def get_task(task_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one task."""
    return answer(await tasks.get(reads, secret, caller, task_id))


@router.post("/{task_id}/open", response_model=TaskOut, responses=DECISION)
async def open_task(task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Let helpers claim a complaint's task whose words the content check left to people."""
    await helping.open_task(work.connection, secret, caller, task_id)
    return work.answer(await tasks.get(work.connection, secret, caller, task_id))


@router.post("/{task_id}/close", response_model=TaskOut, responses=DECISION)
async def close_task(task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Call for nobody else: a complaint's task is cancelled when nobody has claimed it; who has goes on."""
    await helping.close_task(work.connection, secret, caller, task_id)
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
        "not-found",
        "task-not-open",
        "already-claimed",
        "claim-limit-reached",
        "task-full",
        "invalid-payload",
    ),
)
async def claim(
    task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep, secret: SecretDep
) -> Response:
    """Take a free seat."""
    claim_id = await claims.take(
        work.connection, secret, caller, task_id, limit=settings.open_claims_limit, days=settings.claim_days
    )
    return work.answer(await claims.get(work.connection, secret, caller, claim_id), 201)
