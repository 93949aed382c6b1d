"""Shapes of areas, as GeoJSON (RFC 7946)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field
from pydantic_core import PydanticCustomError

from app.domain.kinds import CoordinateSystem
from app.schemas.fields import In, Out

RING_POINTS_MIN = 4


class GeoJson(BaseModel):
    """A GeoJSON object: what else a drawing tool wrote into it is passed over (RFC 7946, section 6.1)."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def check_ring(ring: list[list[float]]) -> list[list[float]]:
    """Refuse what encloses nothing (RFC 7946, section 3.1.6)."""
    if len(ring) < RING_POINTS_MIN or ring[0] != ring[-1]:
        raise PydanticCustomError("ring_open", "A ring has four points or more, and its last is its first")
    return ring


Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Position = Annotated[list[Degrees], Field(min_length=2, max_length=3), FailFast()]
"""Longitude, latitude and perhaps a height, which is not kept."""
Ring = Annotated[list[Position], FailFast(), AfterValidator(check_ring)]
Rings = Annotated[list[Ring], Field(min_length=1), FailFast()]
"""The outer one, then the holes."""


class PolygonIn(GeoJson):
    """One piece of land."""

    type: Literal["Polygon"]
    coordinates: Rings


class MultiPolygonIn(GeoJson):
    """Several pieces of land."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1), FailFast()]


GeometryIn = Annotated[PolygonIn | MultiPolygonIn, Field(discriminator="type")]


class FeatureIn(GeoJson):
    """A shape as drawing tools save it; its properties are passed over."""

    type: Literal["Feature"]
    geometry: GeometryIn


GeometryOrFeatureIn = Annotated[PolygonIn | MultiPolygonIn | FeatureIn, Field(discriminator="type")]


class ShapeIn(In):
    """Where an area lies, and by which system its coordinates are meant: 500 metres lie between the two."""

    coordinates: CoordinateSystem
    shape: GeometryOrFeatureIn

    def geometry(self) -> dict[str, Any]:
        """Return the Polygon or MultiPolygon itself."""
        geometry = self.shape.geometry if isinstance(self.shape, FeatureIn) else self.shape
        return geometry.model_dump()


class OneShapeIn(ShapeIn):
    """Where an area lies; ``accept_warnings`` says that those of a refusal were read."""

    accept_warnings: Annotated[bool, Field(strict=True)] = False


class PolygonOut(Out):
    """One piece of land: its outer ring, then its holes."""

    type: Literal["Polygon"]
    coordinates: list[list[list[float]]]


class MultiPolygonOut(Out):
    """Several pieces of land."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[list[list[float]]]]


class ShapeOut(Out):
    """Where an area lies."""

    area_id: UUID
    coordinates: CoordinateSystem
    shape: PolygonOut | MultiPolygonOut
    version: int
    updated_at: datetime
    actions: list[str]
