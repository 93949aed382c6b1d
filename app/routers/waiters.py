"""Places in line for full tasks: giving one up."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, UnitOfWorkDep
from app.problems import responses
from app.schemas.waiters import WaiterOut
from app.services import waiting

router = APIRouter(prefix="/waiters", tags=["tasks"])


@router.post(
    "/{waiter_id}/leave",
    response_model=WaiterOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", "not-found", "state-conflict"),
)
async def leave(waiter_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Give one's place in line up."""
    await waiting.leave(work.connection, caller, waiter_id)
    return work.answer(await waiting.get(work.connection, caller, waiter_id))
