"""Calls of alliances to a task: what their teams say."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import CallerDep, ReadsDep, TransactionDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.task_calls import CallAnswerIn, TaskCallOut
from app.services import task_calls

router = APIRouter(prefix="/task-calls", tags=["tasks"])


@router.get("/{call_id}", response_model=TaskCallOut, responses=responses("not-found", "invalid-payload"))
async def get_call(call_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one call with what each team says, as who called, as staff, or as the leader of one of its teams."""
    return answer(await task_calls.get(reads, caller, call_id))


@router.put(
    "/{call_id}/answers/{team_id}",
    response_model=TaskCallOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "not-allowed", "already-pledged", "task-not-open"),
)
async def answer_call(
    call_id: UUID, team_id: UUID, form: CallAnswerIn, caller: CallerDep, connection: TransactionDep
) -> Response:
    """Say that a team cannot come; one that comes pledges seats of the task."""
    await task_calls.answer(connection, caller, call_id, team_id, form)
    return answer(await task_calls.get(connection, caller, call_id))
