"""One of the people called: what they said by telephone, and their number for a reason."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, ReadsDep, SecretDep, TransactionDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.call_outs import CalledOut, CallOutAnswerIn
from app.schemas.members import RefusalIn
from app.schemas.people import UnmaskedOut
from app.services import looks
from app.services.call_outs import people

router = APIRouter(prefix="/called-people", tags=["call-outs"])


@router.get("/{called_id}", response_model=CalledOut, responses=responses("not-found", "invalid-payload"))
async def get_called(called_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get somebody who was called, as staff of their grid."""
    return answer(await people.get(reads, secret, caller, called_id))


@router.put(
    "/{called_id}/answer",
    response_model=CalledOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "own-interest", "call-out-over"),
)
async def answer_for(
    called_id: UUID, form: CallOutAnswerIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Put down what somebody said by telephone."""
    await people.answer_for(connection, caller, called_id, form)
    return answer(await people.get(connection, secret, caller, called_id))


@router.post(
    "/{called_id}/unmask",
    response_model=CalledOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "own-interest", "call-out-over"),
)
async def unmask(
    called_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Give the reason for ringing somebody up; whose number it is reads it, and who looked."""
    await people.unmask(work.connection, caller, called_id, form.reason)
    return work.answer(await people.get(work.connection, secret, caller, called_id, is_kept=True))


@router.get(
    "/{called_id}/contact",
    response_model=UnmaskedOut,
    responses=responses("not-found", "reason-needed", "invalid-payload"),
)
async def get_contact(called_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get name and number, within ten minutes of having given a reason."""
    return answer(await looks.show(reads, secret, looks.CALLED, caller, called_id))
