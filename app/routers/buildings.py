"""Buildings of grids: kept by staff, found by everybody who types an address."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, TransactionDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.buildings import BuildingEditIn, BuildingIn, BuildingOut, BuildingsFoundOut
from app.schemas.fields import AddressQuery, Page
from app.services import buildings

router = APIRouter(tags=["buildings"])
WRITING = (
    *JSON_BODY_PROBLEMS,
    "not-found",
    "not-allowed",
    "area-not-a-grid",
    "area-closed",
    "building-outside-grid",
    "building-exists",
)


@router.get("/buildings", response_model=BuildingsFoundOut, responses=responses("invalid-payload"))
async def search_buildings(
    area_id: UUID, q: Annotated[AddressQuery, Query(description="an address as somebody types it")], reads: ReadsDep
) -> Response:
    """Find the grid of an address within an area: up to 20 buildings, the best fit first."""
    return answer(await buildings.search(reads, area_id, q))


@router.get(
    "/areas/{area_id}/buildings",
    response_model=Page[BuildingOut],
    responses=responses("not-found", "not-allowed", "invalid-payload", "cursor-invalid"),
)
async def list_buildings(area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the buildings of an area and all below it, newest first, for its staff."""
    return answer(await buildings.list_of_area(reads, caller, area_id, page))


@router.post(
    "/areas/{area_id}/buildings",
    status_code=201,
    response_model=BuildingOut,
    responses=responses(*WRITE_PROBLEMS, *WRITING),
)
async def add_building(area_id: UUID, form: BuildingIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Put a building on the list of a grid."""
    building_id = await buildings.add(work.connection, caller, area_id, form)
    return work.answer(await buildings.get(work.connection, building_id), 201)


@router.put(
    "/areas/{area_id}/buildings/{building_id}",
    response_model=BuildingOut,
    responses=responses(*WRITING, "area-unknown"),
)
async def edit_building(
    area_id: UUID, building_id: UUID, form: BuildingEditIn, caller: CallerDep, connection: TransactionDep
) -> Response:
    """Say everything of a building anew, the grid that it belongs to as well."""
    await buildings.edit(connection, caller, area_id, building_id, form)
    return answer(await buildings.get(connection, building_id))


@router.delete(
    "/areas/{area_id}/buildings/{building_id}",
    status_code=204,
    responses=responses("not-found", "not-allowed", "invalid-payload"),
)
async def remove_building(area_id: UUID, building_id: UUID, caller: CallerDep, connection: TransactionDep) -> Response:
    """Take a building off the list."""
    await buildings.remove(connection, caller, area_id, building_id)
    return Response(status_code=204)
