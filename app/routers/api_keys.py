"""Keys that let other systems post complaints by Open311; for administrators."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, SecretDep, TransactionDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.api_keys import ApiKeyIn, ApiKeyOut, NewApiKeyOut
from app.schemas.fields import Page
from app.services import api_keys

router = APIRouter(prefix="/api-keys", tags=["open311"])


@router.post(
    "",
    status_code=201,
    response_model=NewApiKeyOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "area-unknown", "area-closed"),
)
async def make(form: ApiKeyIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Make a key for an area that the caller administers. It is shown once: repeated, the answer has null for it."""
    made = await api_keys.make(work.connection, caller, form.area_id, form.name, secret=secret)
    work.answer(made | {"key": None}, 201)  # what is remembered for repetitions would keep the key itself
    return answer(made, 201)


@router.get("", response_model=Page[ApiKeyOut], responses=responses("not-allowed", "invalid-payload", "cursor-invalid"))
async def list_keys(area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the keys of an area and all below it, newest first, to its administrators."""
    return answer(await api_keys.list_of_area(reads, caller, area_id, page))


@router.delete("/{api_key_id}", status_code=204, responses=responses("not-found", "invalid-payload"))
async def take_back(api_key_id: UUID, caller: CallerDep, connection: TransactionDep) -> Response:
    """Take a key back; it counts at once."""
    await api_keys.take_back(connection, caller, api_key_id)
    return Response(status_code=204)
