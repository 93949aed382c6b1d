"""Where all areas below one lie: handed out, checked, and saved whole; public to read."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.deps import WRITE_PROBLEMS, CallerDep, DatabaseDep, PlacesDep, ReadsDep, SingleWriteDep, answer
from app.domain.errors import Problem
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas import large_json
from app.schemas.fields import In
from app.schemas.shapes import ShapesCheckIn, ShapesIn, ShapesReportOut, ShapesSavedOut
from app.services.shapes import drafts

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
