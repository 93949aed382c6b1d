"""Shapes of areas."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Double, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

LABEL_SPOT = "mercator(label_longitude, label_latitude)"
"""Where a label lies on the map on which distances are reckoned (``domain/geometry.mercator``)."""


class AreaShape(SQLModel, table=True):
    """Where an area lies: a GeoJSON Polygon or MultiPolygon in GCJ-02.

    Each change raises ``version``, so that the sum over all shapes tells whether any changed. The label is a point
    inside the shape, where a map writes the name: it stands for the area where no place may or can be told. It is
    missing where something wrote the shape that does not know of labels.
    """

    __tablename__ = "area_shape"
    __table_args__ = (
        CheckConstraint("geometry ->> 'type' IN ('Polygon', 'MultiPolygon')", name="geometry_form"),
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("(label_longitude IS NULL) = (label_latitude IS NULL)", name="label_whole"),
        Index("ix_area_shape_label", text(LABEL_SPOT), postgresql_using="gist"),
    )

    area_id: UUID = Field(primary_key=True, foreign_key="area.id")
    geometry: dict[str, Any] = Field(sa_type=JSONB)
    version: int
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    label_longitude: float | None = Field(default=None, sa_type=Double)
    label_latitude: float | None = Field(default=None, sa_type=Double)
