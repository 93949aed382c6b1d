"""The governance tree."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.kinds import AreaKind
from app.models.columns import created_at, enum_type


class Area(SQLModel, table=True):
    """A node: ``lineage`` holds the ids from the root to the node itself, so that scope is one containment test."""

    __table_args__ = (
        UniqueConstraint("parent_id", "name"),
        CheckConstraint("lineage[cardinality(lineage)] = id", name="lineage_ends_here"),
        CheckConstraint(
            "(parent_id IS NULL AND cardinality(lineage) = 1) OR lineage[cardinality(lineage) - 1] = parent_id",
            name="lineage_follows_parent",
        ),
        CheckConstraint("char_length(name) BETWEEN 1 AND 50", name="name_length"),
        Index("ix_area_lineage", "lineage", postgresql_using="gin"),
    )

    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = Field(default=None, foreign_key="area.id")
    kind: AreaKind = Field(sa_type=enum_type(AreaKind, "kind"))
    name: str = Field(max_length=50)
    lineage: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    is_wish_review_required: bool = True
    created_at: datetime = created_at()
