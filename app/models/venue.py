"""Places where people find the Party's and the community's services."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.domain.kinds import VenueKind
from app.models.columns import created_at, enum_type


class Venue(SQLModel, table=True):
    """A venue; never deleted, but closed. ``opening_hours`` is JSON, a list of ``{weekdays, from, to}``.

    A contact point is somebody's home: ``address``, the point and ``note`` are for staff alone, and it has no telephone
    (I12). ``vicinity`` says about where, without the building.
    """

    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name_length"),
        CheckConstraint("char_length(vicinity) BETWEEN 1 AND 100", name="vicinity_length"),
        CheckConstraint("char_length(address) BETWEEN 1 AND 100", name="address_length"),
        CheckConstraint("char_length(note) BETWEEN 1 AND 500", name="note_length"),
        CheckConstraint("telephone ~ '^[0-9-]{3,20}$'", name="telephone_form"),
        CheckConstraint("kind <> 'contact_point' OR telephone IS NULL", name="telephone_of_a_venue"),
        CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="location_whole"),
        CheckConstraint("longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90", name="location_range"),
        CheckConstraint("jsonb_typeof(opening_hours) = 'array'", name="opening_hours_form"),
        Index("ix_venue_area_id_id", "area_id", "id", postgresql_where=text("closed_at IS NULL")),
        Index(
            "ix_venue_near",
            "latitude",
            "longitude",
            postgresql_where=text("closed_at IS NULL AND latitude IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    kind: VenueKind = Field(sa_type=enum_type(VenueKind, "kind"))
    name: str = Field(max_length=30)
    vicinity: str | None = Field(default=None, max_length=100)
    address: str | None = Field(default=None, max_length=100)
    longitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    latitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    """GCJ-02."""
    telephone: str | None = Field(default=None, max_length=20)
    opening_hours: str = Field(default="[]", sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    note: str | None = Field(default=None, max_length=500)
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()
