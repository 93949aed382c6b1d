"""Grants: roles on areas."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, TransactionDep, UnitOfWorkDep
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.grants import GrantIn, GrantOut
from app.services import grants

router = APIRouter(prefix="/grants", tags=["grants"])


@router.post(
    "",
    status_code=201,
    response_model=GrantOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-allowed",
        "own-interest",
        "area-unknown",
        "area-closed",
        "user-unknown",
        "grant-exists",
    ),
)
async def give(form: GrantIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Give a role on an area that the caller administers, and so on all below it."""
    grant = await grants.give(work.connection, caller, form.user_id, form.role, form.area_id)
    return work.answer(grant, 201)


@router.delete("/{grant_id}", status_code=204, responses=responses("not-found", "invalid-payload", "grant-of-post"))
async def revoke(grant_id: UUID, caller: CallerDep, connection: TransactionDep) -> Response:
    """Take a role back; it counts at once."""
    await grants.revoke(connection, caller, grant_id)
    return Response(status_code=204)
