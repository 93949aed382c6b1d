"""People: who was in an area on a day."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.core.clock import today
from app.deps import CallerDep, PageDep, ReadsDep, SecretDep, answer
from app.problems import responses
from app.schemas.fields import Day, Page
from app.schemas.people import PersonAtOut
from app.services import stays

router = APIRouter(prefix="/people", tags=["people"])


@router.get("/at", response_model=Page[PersonAtOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_at(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep, on: Day | None = None
) -> Response:
    """List who was an approved member or volunteer of an area at the end of a day, or is now, to its staff."""
    return answer(await stays.list_at(reads, secret, caller, area_id, on or today(), page))
