"""Shapes of areas."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class AreaShape(SQLModel, table=True):
    """Where an area lies: a GeoJSON Polygon or MultiPolygon in GCJ-02.

    Each change raises ``version``, so that the sum over all shapes tells whether any changed.
    """

    __tablename__ = "area_shape"
    __table_args__ = (
        CheckConstraint("geometry ->> 'type' IN ('Polygon', 'MultiPolygon')", name="geometry_form"),
        CheckConstraint("version >= 1", name="version_positive"),
    )

    area_id: UUID = Field(primary_key=True, foreign_key="area.id")
    geometry: dict[str, Any] = Field(sa_type=JSONB)
    version: int
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
