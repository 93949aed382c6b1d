"""Walls (问题墙) and echoes (回音壁); public, no log-in needed."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import MaybeCallerDep, PageDep, ReadsDep, SecretDep, answer
from app.problems import responses
from app.schemas.complaints import CategoryCode, ComplaintOut, ComplaintStatus
from app.schemas.fields import Page
from app.schemas.walls import WallOut
from app.services import walls

router = APIRouter(prefix="/walls", tags=["walls"])


@router.get("/{area_id}", response_model=WallOut, responses=responses("not-found", "invalid-payload", "cursor-invalid"))
async def get_wall(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: ComplaintStatus | None = None,
    category: CategoryCode | None = None,
) -> Response:
    """Get the problems of a grid (子墙), or of a place above with all below it (母墙), newest first.

    A wall shows no pictures, on purpose: one may tell where whoever complained lives.
    """
    return answer(await walls.get(reads, secret, caller, area_id, status, category, page))


@router.get(
    "/{area_id}/echoes",
    response_model=Page[ComplaintOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_echoes(
    area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep
) -> Response:
    """List what was answered, the newest answer first."""
    return answer(await walls.list_echoes(reads, secret, caller, area_id, page))
