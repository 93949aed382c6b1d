"""Tasks: what can be claimed."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SettingsDep,
    UnitOfWorkDep,
    answer,
)
from app.domain.kinds import TaskKind
from app.problems import responses
from app.schemas.fields import Page
from app.schemas.tasks import ClaimOut, TaskOut
from app.services import claims, tasks

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get("", response_model=Page[TaskOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_tasks(
    area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep, kind: TaskKind | None = None
) -> Response:
    """List the open tasks of an area and all below it, newest first."""
    return answer(await tasks.list_open(reads, caller, area_id, kind, page))


@router.get("/{task_id}", response_model=TaskOut, responses=responses("not-found", "invalid-payload"))
async def get_task(task_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get one task."""
    return answer(await tasks.get(reads, caller, task_id))


@router.post(
    "/{task_id}/claims",
    status_code=201,
    response_model=ClaimOut,
    responses=responses(
        *WRITE_PROBLEMS,
        "helpers-only",
        "own-wish",
        "not-found",
        "task-not-open",
        "already-claimed",
        "claim-limit-reached",
        "task-full",
        "invalid-payload",
    ),
)
async def claim(task_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Take a free seat."""
    claim_id = await claims.take(
        work.connection, caller, task_id, limit=settings.open_claims_limit, days=settings.claim_days
    )
    return work.answer(await claims.get(work.connection, caller, claim_id), 201)
