"""Standing for secretary of a branch: the candidate's answer, and the decision of staff."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, ReadsDep, SecretDep, UnitOfWork, UnitOfWorkDep, answer
from app.domain.caller import Caller
from app.problems import responses
from app.schemas.branches import CandidacyOut
from app.schemas.members import RefusalIn
from app.services.branches import candidacies

router = APIRouter(prefix="/branch-candidacies", tags=["branches"])
DECISION = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "not-allowed", "own-interest", "state-conflict")


@router.get("/{candidacy_id}", response_model=CandidacyOut, responses=responses("not-found", "invalid-payload"))
async def get_candidacy(candidacy_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one candidacy, as the candidate or as staff."""
    return answer(await candidacies.get(reads, secret, caller, candidacy_id))


@router.post("/{candidacy_id}/agree", response_model=CandidacyOut, responses=responses(*DECISION))
async def agree(candidacy_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Say yes to a recommendation of oneself."""
    return await _move(candidacy_id, caller, work, secret, "agree")


@router.post("/{candidacy_id}/decline", response_model=CandidacyOut, responses=responses(*DECISION))
async def decline(candidacy_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Say no to a recommendation of oneself; no reason is asked for."""
    return await _move(candidacy_id, caller, work, secret, "decline")


@router.post("/{candidacy_id}/withdraw", response_model=CandidacyOut, responses=responses(*DECISION))
async def withdraw(candidacy_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Stand no more."""
    return await _move(candidacy_id, caller, work, secret, "withdraw")


@router.post("/{candidacy_id}/accept", response_model=CandidacyOut, responses=responses(*DECISION, "successor-chosen"))
async def accept(candidacy_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Choose a candidate, as staff who are no rivals; the branch is handed over to them afterwards."""
    return await _move(candidacy_id, caller, work, secret, "accept")


@router.post("/{candidacy_id}/reject", response_model=CandidacyOut, responses=responses(*DECISION, "malformed-json"))
async def reject(
    candidacy_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Turn a candidate down with a reason, or take back a recommendation or a choice."""
    return await _move(candidacy_id, caller, work, secret, "reject", form.reason)


async def _move(
    candidacy_id: UUID, caller: Caller, work: UnitOfWork, secret: str, action: str, reason: str | None = None
) -> Response:
    await candidacies.move(work.connection, caller, candidacy_id, action, reason)
    return work.answer(await candidacies.get(work.connection, secret, caller, candidacy_id, is_kept=True))
