"""Where all areas below one lie: handed out, checked, and saved whole; public to read."""

from enum import IntEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from app.deps import WRITE_PROBLEMS, CallerDep, DatabaseDep, DisplaysDep, PlacesDep, ReadsDep, SingleWriteDep, answer
from app.domain.errors import Problem
from app.domain.kinds import AreaKind, CoordinateSystem
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas import large_json
from app.schemas.fields import In
from app.schemas.shapes import ShapesCheckIn, ShapesIn, ShapesOut, ShapesReportOut, ShapesSavedOut
from app.services.shapes import drafts, exports

router = APIRouter(prefix="/areas/{area_id}/shapes", tags=["shapes"])

AREA_PROBLEMS = ("not-allowed", "not-found", "area-closed")


def taking(form: type[In]) -> dict[str, Any]:
    """Return the OpenAPI entry of a payload that the route reads by itself."""
    schema = {"$ref": f"#/components/schemas/{form.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def read_body(request: Request) -> bytes:
    """Return the payload unread. Raises ``invalid-payload`` when it is not said to be JSON."""
    if not large_json.is_json(request.headers.get("content-type")):
        raise Problem("invalid-payload", fields=[{"field": "body", "reason": "media_type"}])
    return await request.body()


class GeoJson(JSONResponse):
    """What GeoJSON is called (RFC 7946, section 12)."""

    media_type = "application/geo+json"


class Tolerance(IntEnum):
    """How much may be left out for a screen, in metres: a phone with a whole district, a community, some blocks."""

    FINE = 5
    NEAR = 10
    MIDDLE = 20
    FAR = 50
    FARTHEST = 100


@router.get(
    "",
    response_model=ShapesOut,
    response_class=GeoJson,
    responses=responses("not-found", "invalid-payload"),
)
async def get_shapes(
    area_id: UUID,
    reads: ReadsDep,
    displays: DisplaysDep,
    coordinates: CoordinateSystem = CoordinateSystem.GCJ02,
    kind: AreaKind | None = None,
    tolerance_m: Annotated[Tolerance | None, Query(description="Metres to simplify by; as drawn, if left out")] = None,
) -> Response:
    """Get where an area and all below it lie; simplified, neighbours still share their borders."""
    if tolerance_m is None:
        parts = await exports.stream(reads, area_id, coordinates, kind)
        return StreamingResponse(parts, media_type=GeoJson.media_type)
    shown = await displays.show(reads, area_id, coordinates, kind, tolerance_m)
    return Response(shown, media_type=GeoJson.media_type)


@router.post(
    "/check",
    response_model=ShapesReportOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, *AREA_PROBLEMS),
    openapi_extra=taking(ShapesCheckIn),
)
async def check_shapes(
    area_id: UUID, request: Request, caller: CallerDep, reads: ReadsDep, index: PlacesDep, _key: SingleWriteDep
) -> Response:
    """Check a file of shapes of an area that the caller administers and all below it; nothing is saved.

    Features are matched with areas by `area_id`, official code or name. Errors stand in the way of saving, warnings
    have to be accepted, notes are to be known.
    """
    body = await read_body(request)
    return answer(await drafts.check(reads, caller, area_id, body, index.drafting))


@router.put(
    "",
    response_model=ShapesSavedOut,
    responses=responses(*JSON_BODY_PROBLEMS, *AREA_PROBLEMS, "shapes-faulty", "shapes-doubtful", "state-conflict"),
    openapi_extra=taking(ShapesIn),
)
async def put_shapes(
    area_id: UUID, request: Request, caller: CallerDep, database: DatabaseDep, index: PlacesDep
) -> Response:
    """Save a file of shapes whole, or nothing of it; points are found by it from now on."""
    body = await read_body(request)
    saved = await drafts.save(database, caller, area_id, body, index.drafting)
    index.hurry()
    return answer(saved)
