"""Areas and the organisations in them; public."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import PageDep, ReadsDep, answer
from app.problems import responses
from app.schemas.areas import AreaOut, UnitOut
from app.schemas.fields import Page
from app.services import areas

router = APIRouter(tags=["areas"])


@router.get("/areas", response_model=Page[AreaOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_areas(reads: ReadsDep, page: PageDep, parent_id: UUID | None = None) -> Response:
    """List the areas right below `parent_id`, or the roots, in the order in which they were made."""
    return answer(await areas.list_children(reads, parent_id, page))


@router.get("/areas/{area_id}", response_model=AreaOut, responses=responses("not-found", "invalid-payload"))
async def get_area(area_id: UUID, reads: ReadsDep) -> Response:
    """Get one area with the path to it."""
    return answer(await areas.get(reads, area_id))


@router.get("/units", response_model=Page[UnitOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_units(area_id: UUID, reads: ReadsDep, page: PageDep) -> Response:
    """List the organisations of an area and all below it: where members work."""
    return answer(await areas.list_units(reads, area_id, page))
