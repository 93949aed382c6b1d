"""Digests of what is stuck; for the staff of an area."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import CallerDep, PageDep, ReadsDep, answer
from app.problems import responses
from app.schemas.digests import DigestOut
from app.schemas.fields import Page
from app.services import digests

router = APIRouter(prefix="/digests", tags=["digests"])


@router.get("", response_model=Page[DigestOut], responses=responses("not-allowed", "invalid-payload", "cursor-invalid"))
async def list_digests(area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List what was stuck in an area and below it, morning by morning, newest first; a morning without is left out."""
    return answer(await digests.list_of_area(reads, caller, area_id, page))
