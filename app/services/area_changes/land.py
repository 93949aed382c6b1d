"""The shapes of areas that are merged, split or closed, and which part of the land a point lies in."""

import json
from collections.abc import Mapping
from uuid import UUID

from asyncpg import Connection

from app.domain import geometry
from app.domain.caller import Caller
from app.domain.geometry import PointIndex
from app.schemas.places import ShapeIn
from app.services import places, transitions
from app.services.transitions import Mover

READ = "SELECT area_id, geometry FROM area_shape WHERE area_id = ANY($1) ORDER BY area_id"


async def join(connection: Connection, source_id: UUID, into_id: UUID, mover: Mover) -> None:
    """Let the area that stays lie on the land of both, as far as either was drawn."""
    drawn = await connection.fetch(READ, [source_id, into_id])
    if source_id in {row["area_id"] for row in drawn}:
        land = geometry.joined(geometry.shapes_of([row["geometry"] for row in drawn]))
        await places.write_shape(connection, into_id, json.dumps(land))
        await transitions.log(connection, "area_shape", into_id, "put", "active", mover)


async def draw_parts(connection: Connection, caller: Caller, shapes: Mapping[UUID, ShapeIn]) -> PointIndex | None:
    """Draw the parts of an area that have a shape; return where points are found in them. Raises as ``put_shape``."""
    for area_id, shape in shapes.items():
        await places.put_shape(connection, caller, area_id, shape)
    if not shapes:
        return None
    drawn = await connection.fetch(READ, list(shapes))
    found = geometry.shapes_of([row["geometry"] for row in drawn])
    return PointIndex({row["area_id"]: shape for row, shape in zip(drawn, found, strict=True)})
