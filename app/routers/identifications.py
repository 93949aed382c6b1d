"""Identifications (身份核对): asking to be recognised as a person of the roster, and the staff's decision."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, SecretDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.identifications import (
    IdentificationForStaffOut,
    IdentificationIn,
    IdentificationOut,
    IdentificationStatus,
)
from app.schemas.members import RefusalIn
from app.services import identifications

router = APIRouter(prefix="/identifications", tags=["identifications"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "own-interest", "not-found", "state-conflict")


@router.post(
    "",
    status_code=201,
    response_model=IdentificationOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "area-unknown",
        "area-closed",
        "area-not-a-home",
        "already-enrolled",
        "state-conflict",
    ),
)
async def apply(form: IdentificationIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Say who one is, to be recognised as the person whom the office knows; again after a refusal."""
    await identifications.apply(work.connection, secret, caller, form)
    return work.answer(await identifications.get_own(work.connection, secret, caller), 201)


@router.get(
    "", response_model=Page[IdentificationForStaffOut], responses=responses("invalid-payload", "cursor-invalid")
)
async def list_identifications(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: IdentificationStatus = "applied",
) -> Response:
    """List who asked in an area, for its staff."""
    return answer(await identifications.list_of_area(reads, secret, caller, area_id, status, page))


@router.get(
    "/{identification_id}",
    response_model=IdentificationForStaffOut,
    responses=responses("not-found", "invalid-payload"),
)
async def get_identification(
    identification_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep
) -> Response:
    """Get one with what the roster holds of the same name and number, as staff of the grid."""
    return answer(await identifications.get(reads, secret, caller, identification_id))


@router.post(
    "/{identification_id}/approve",
    response_model=IdentificationForStaffOut,
    responses=responses(*DECISION_PROBLEMS, "not-allowed", "not-on-roster", "person-taken"),
)
async def approve(identification_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Bind whoever asked to the person of the roster with exactly this name and number; all they are is theirs."""
    await identifications.decide(work.connection, caller, identification_id, "approve")
    view = await identifications.get(work.connection, secret, caller, identification_id, is_kept=True)
    return work.answer(view)


@router.post(
    "/{identification_id}/refuse",
    response_model=IdentificationForStaffOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json"),
)
async def refuse(
    identification_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Refuse with a reason, which whoever asked reads."""
    await identifications.decide(work.connection, caller, identification_id, "refuse", reason=form.reason)
    view = await identifications.get(work.connection, secret, caller, identification_id, is_kept=True)
    return work.answer(view)


@router.post(
    "/{identification_id}/undo",
    response_model=IdentificationForStaffOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "not-allowed"),
)
async def undo(
    identification_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Part the account from a person for whom it was wrongly taken; it loses all that came of that, at once."""
    await identifications.decide(work.connection, caller, identification_id, "undo", reason=form.reason)
    view = await identifications.get(work.connection, secret, caller, identification_id, is_kept=True)
    return work.answer(view)
