"""Who acts for a unit: putting somebody there, the list, taking somebody off."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, TransactionDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.unit_workers import UnitWorkerIn, UnitWorkerOut
from app.services import unit_workers

router = APIRouter(prefix="/units/{unit_id}/workers", tags=["units"])


@router.post(
    "",
    status_code=201,
    response_model=UnitWorkerOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-found",
        "not-allowed",
        "own-interest",
        "user-unknown",
        "worker-exists",
        "unit-closed",
    ),
)
async def add(unit_id: UUID, form: UnitWorkerIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Let somebody act for a unit, as an administrator of its area; nobody puts themselves there."""
    return work.answer(await unit_workers.add(work.connection, caller, unit_id, form.user_id), 201)


@router.get(
    "",
    response_model=Page[UnitWorkerOut],
    responses=responses("not-found", "not-allowed", "invalid-payload", "cursor-invalid"),
)
async def list_workers(unit_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List who acts for a unit, for administrators of its area."""
    return answer(await unit_workers.list_of_unit(reads, caller, unit_id, page))


@router.delete("/{worker_id}", status_code=204, responses=responses("not-found", "invalid-payload"))
async def remove(unit_id: UUID, worker_id: UUID, caller: CallerDep, connection: TransactionDep) -> Response:
    """Let somebody act for a unit no more; it counts at once."""
    await unit_workers.remove(connection, caller, unit_id, worker_id)
    return Response(status_code=204)
