"""Buildings: the list of addresses of a grid."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.models.columns import created_at

NAME_MAX = 60


class Building(SQLModel, table=True):
    """A building of a grid, as people write its address, so that an address finds its grid without a map.

    ``key`` is the name in its one form, ``terms`` are the pieces of name and aliases by which it is found, both by
    ``domain/addresses``.
    """

    __table_args__ = (
        UniqueConstraint("area_id", "key"),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {NAME_MAX}", name="name_length"),
        CheckConstraint("households >= 0", name="households_counted"),
        CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="location_whole"),
        CheckConstraint("longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90", name="location_range"),
        CheckConstraint("cardinality(terms) > 0", name="terms_there"),
        Index("ix_building_area_id_id", "area_id", "id"),
        Index("ix_building_terms", "terms", postgresql_using="gin"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    name: str = Field(max_length=NAME_MAX)
    aliases: list[str] = Field(sa_column=Column(ARRAY(String(NAME_MAX)), nullable=False))
    households: int | None = None
    longitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    latitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    """GCJ-02."""
    key: str
    terms: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = created_at()
