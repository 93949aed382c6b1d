"""Where areas lie, and which grid a point lies in; public."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import CallerDep, PlacesDep, ReadsDep, TransactionDep, answer
from app.domain.kinds import CoordinateSystem
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.areas import AreaOut
from app.schemas.places import OneShapeIn, ShapeOut
from app.services import areas, places
from app.services.shapes import drafts

router = APIRouter(tags=["places"])

LOCATION_PROBLEMS = ("location-outside", "location-in-no-grid", "location-on-border")
FIT_PROBLEMS = ("shapes-faulty", "shapes-doubtful")
SHAPE_PROBLEMS = ("shape-out-of-range", "shape-too-detailed", "shape-self-crossing", "shape-outside-parent")

Longitude = Annotated[float, Query(ge=-180, le=180, description="degrees east, GCJ-02")]
Latitude = Annotated[float, Query(ge=-90, le=90, description="degrees north, GCJ-02")]


@router.get("/areas/at", response_model=AreaOut, responses=responses("invalid-payload", *LOCATION_PROBLEMS))
async def get_area_at(longitude: Longitude, latitude: Latitude, reads: ReadsDep, index: PlacesDep) -> Response:
    """Get the grid that a point lies in, with the path to it."""
    return answer(await areas.get(reads, await index.locate(reads, longitude, latitude)))


@router.get("/areas/{area_id}/shape", response_model=ShapeOut, responses=responses("not-found", "invalid-payload"))
async def get_shape(area_id: UUID, reads: ReadsDep, coordinates: CoordinateSystem = CoordinateSystem.GCJ02) -> Response:
    """Get where an area lies, in the coordinates asked for."""
    return answer(await places.get_shape(reads, area_id, coordinates))


@router.put(
    "/areas/{area_id}/shape",
    response_model=ShapeOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-allowed", "not-found", "area-closed", *SHAPE_PROBLEMS, *FIT_PROBLEMS),
)
async def put_shape(
    area_id: UUID, form: OneShapeIn, caller: CallerDep, connection: TransactionDep, index: PlacesDep
) -> Response:
    """Say where an area that the caller administers lies; points are found by it from now on.

    What lies around, above and below has to fit, as with a file of shapes: errors stand in the way, warnings have to be
    accepted.
    """
    await drafts.put_one(connection, caller, area_id, form)
    index.hurry()
    return answer(await places.get_shape(connection, area_id, form.coordinates))
