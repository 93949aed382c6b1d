"""Who does a task: the code that is shown at its place, who came, and the list of those who claimed it."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    LinksDep,
    PageDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    TermsDep,
    UnitOfWorkDep,
    answer,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.attendances import AttendancesIn, ShownCodeOut
from app.schemas.fields import Page
from app.schemas.tasks import TaskClaimOut, TickedOut, TicksIn
from app.services import check_ins, verifications

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get(
    "/{task_id}/check-in-code",
    response_model=ShownCodeOut,
    responses=responses("not-found", "not-allowed", "own-interest", "state-conflict", "invalid-payload"),
)
async def get_check_in_code(
    task_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep, settings: SettingsDep
) -> Response:
    """Get the code to show to those who come; `next` carries those of the coming ten minutes."""
    secrets = secret, settings.secret_key.get_secret_value()
    return answer(await check_ins.get_code(reads, secrets, caller, task_id))


@router.get(
    "/{task_id}/claims",
    response_model=Page[TaskClaimOut],
    responses=responses("not-found", "not-allowed", "invalid-payload", "cursor-invalid"),
)
async def list_claims(
    task_id: UUID, caller: CallerDep, reads: ReadsDep, links: LinksDep, page: PageDep, secret: SecretDep
) -> Response:
    """List who claimed a task, whatever became of it, as its staff or as whoever asked for it."""
    return answer(await check_ins.list_of_task(reads, links, secret, caller, task_id, page))


@router.post(
    "/{task_id}/attendances",
    response_model=TickedOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *("not-found", "not-allowed", "own-interest", "own-among-them", "claims-unknown"),
        *("check-in-early", "check-in-late"),
    ),
)
async def check_in_all(
    task_id: UUID, form: AttendancesIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Note as staff who came; who was there before, or has no work to do any more, stays as it is."""
    return work.answer(await check_ins.check_in_all(work.connection, work.links, secret, caller, task_id, form))


@router.post(
    "/{task_id}/verify",
    response_model=TickedOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *("not-found", "not-allowed", "own-interest", "own-among-them", "claims-unknown", "state-conflict"),
    ),
)
async def verify_all(task_id: UUID, form: TicksIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Verify deliveries of one task together, and tick off who was at an activity without a word of theirs.

    What is not to be verified, or was already, stays as it is: the answer says of each claim how it is now.
    """
    return work.answer(await verifications.verify_all(work.connection, work.links, terms, caller, task_id, form))
