"""Clerks of a shop: the owner's invite, joining by it, the list, taking somebody off."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, SettingsDep, TransactionDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.merchants import ClerkIn, ClerkOut, InviteOut
from app.services import clerks

router = APIRouter(prefix="/merchants/{merchant_id}", tags=["merchants"])


@router.post(
    "/invites",
    status_code=201,
    response_model=InviteOut,
    responses=responses(*WRITE_PROBLEMS, "not-found", "state-conflict", "invalid-payload"),
)
async def invite_clerk(merchant_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Make a code to show to whoever shall be a clerk; it ends the one before."""
    secret = settings.secret_key.get_secret_value()
    return work.answer(await clerks.invite(work.connection, caller, merchant_id, secret), 201)


@router.post(
    "/clerks",
    status_code=201,
    response_model=ClerkOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "invite-invalid", "clerk-exists", "too-many-tries"
    ),
)
async def join(
    merchant_id: UUID, form: ClerkIn, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep
) -> Response:
    """Become a clerk of a shop by the code that its owner shows."""
    secret = settings.secret_key.get_secret_value()
    return work.answer(await clerks.join(work.connection, caller, merchant_id, form.code, secret=secret), 201)


@router.get(
    "/clerks",
    response_model=Page[ClerkOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_clerks(merchant_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the clerks of the caller's shop, the owner first."""
    return answer(await clerks.list_of_merchant(reads, caller, merchant_id, page))


@router.delete(
    "/clerks/{clerk_id}", status_code=204, responses=responses("not-found", "not-allowed", "invalid-payload")
)
async def remove_clerk(merchant_id: UUID, clerk_id: UUID, caller: CallerDep, connection: TransactionDep) -> Response:
    """Take a clerk off the caller's shop; it counts at once."""
    await clerks.remove(connection, caller, merchant_id, clerk_id)
    return Response(status_code=204)
