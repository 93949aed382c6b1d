"""The governance tree, and what it was before."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, DateTime, ForeignKeyConstraint, Index, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.area_tree import CODE_PATTERN, DEPTH_MAX, NAME_MAX
from app.domain.kinds import AreaKind
from app.models.columns import created_at, enum_type

PARENT_LINEAGE = "trim_array(lineage, 1)"


class Area(SQLModel, table=True):
    """A node: ``lineage`` holds the ids from the root to the node itself, so that scope is one containment test.

    The foreign key on ``parent_lineage`` holds every lineage to that of the area above, whoever writes and whatever
    happens at the same time; by it a lineage counts as part of a key, so that changing one waits for all who just put
    something into the area. Nothing new comes into an area once ``closed_at`` is set (trigger ``require_open_area``).
    """

    __table_args__ = (
        UniqueConstraint("id", "lineage"),
        ForeignKeyConstraint(["parent_id", "parent_lineage"], ["area.id", "area.lineage"]),
        CheckConstraint("lineage[cardinality(lineage)] = id", name="lineage_ends_here"),
        CheckConstraint("(parent_id IS NULL) = (cardinality(lineage) = 1)", name="lineage_of_root"),
        CheckConstraint(f"cardinality(lineage) <= {DEPTH_MAX}", name="depth_range"),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {NAME_MAX}", name="name_length"),
        CheckConstraint(f"code ~ '^{CODE_PATTERN}$'", name="code_form"),
        CheckConstraint("households >= 0", name="households_counted"),
        CheckConstraint("residents >= 0", name="residents_counted"),
        CheckConstraint("successor_id IS NULL OR closed_at IS NOT NULL", name="successor_of_closed"),
        CheckConstraint("successor_id <> id", name="successor_is_another"),
        Index(
            "uq_area_name_open",
            "parent_id",
            "name",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql("closed_at IS NULL"),
        ),
        Index("uq_area_code_open", "code", unique=True, postgresql_where=sql("closed_at IS NULL")),
        Index("ix_area_parent_id_id", "parent_id", "id"),
        Index("ix_area_lineage", "lineage", postgresql_using="gin"),
    )

    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = Field(default=None, foreign_key="area.id")
    kind: AreaKind = Field(sa_type=enum_type(AreaKind, "kind"))
    name: str = Field(max_length=NAME_MAX)
    lineage: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    is_wish_review_required: bool = True
    created_at: datetime = created_at()
    code: str | None = Field(default=None, max_length=18)
    households: int | None = None
    residents: int | None = None
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    parent_lineage: list[UUID] = Field(
        default=None, sa_column=Column(ARRAY(Uuid), Computed(PARENT_LINEAGE, persisted=True))
    )
    successor_id: UUID | None = Field(default=None, foreign_key="area.id")
    """Which area its people and its open work went to when it was merged or split."""


class AreaPeriod(SQLModel, table=True):
    """What an area was called and where it hung from ``since`` until before ``until``, or until now.

    Written by the trigger ``record_area_period`` alone.
    """

    __tablename__ = "area_period"
    __table_args__ = (
        CheckConstraint("until > since", name="until_after_since"),
        Index("uq_area_period_now", "area_id", unique=True, postgresql_where=sql("until IS NULL")),
        Index("ix_area_period_parent_id_area_id", "parent_id", "area_id"),
        Index("ix_area_period_lineage", "lineage", postgresql_using="gin"),
    )

    area_id: UUID = Field(primary_key=True, foreign_key="area.id")
    since: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    parent_id: UUID | None = Field(default=None, foreign_key="area.id")
    kind: AreaKind = Field(sa_type=enum_type(AreaKind, "kind"))
    name: str = Field(max_length=NAME_MAX)
    code: str | None = Field(default=None, max_length=18)
    lineage: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
