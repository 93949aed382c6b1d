"""Published counts of complaints, which ``docs/rates.md`` defines. Append-only: the database refuses changes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, SmallInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.rates import COUNTED
from app.models.columns import created_at

BOUNDS = (
    "rejected + merged + withdrawn <= received AND overdue <= received AND response_due <= received "
    "AND responded <= response_due AND resolution_due <= received AND resolved <= resolution_due "
    "AND rated <= received AND satisfied <= rated"
)


class RatePublication(SQLModel, table=True):
    """That the figures of a month were published as of a moment, by a version of the definitions, and are whole."""

    __tablename__ = "rate_publication"
    __table_args__ = (
        UniqueConstraint("month", "as_of"),
        CheckConstraint("extract(day FROM month) = 1", name="month_first_day"),
        CheckConstraint("definitions > 0", name="definitions_positive"),
        CheckConstraint("as_of <= created_at", name="not_of_the_future"),
    )

    as_of: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    month: date = Field(primary_key=True)
    definitions: int = Field(sa_type=SmallInteger)
    created_at: datetime = created_at()


class RateCount(SQLModel, table=True):
    """The figures of one group of a publication: a grid, a category, and the unit that led the work or none."""

    __tablename__ = "rate_count"
    __table_args__ = (
        ForeignKeyConstraint(["as_of", "month"], ["rate_publication.as_of", "rate_publication.month"]),
        UniqueConstraint(
            "as_of",
            "month",
            "area_id",
            "category",
            "unit_id",
            name="uq_rate_count_group",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("received > 0", name="received_positive"),
        CheckConstraint(f"least({', '.join(COUNTED)}) >= 0", name="counts_not_negative"),
        CheckConstraint(BOUNDS, name="counts_within"),
    )

    id: UUID = Field(primary_key=True)
    as_of: datetime = Field(sa_type=DateTime(timezone=True))
    month: date
    area_id: UUID = Field(foreign_key="area.id")
    category: str = Field(foreign_key="complaint_category.code", max_length=32)
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id")
    received: int
    rejected: int
    merged: int
    withdrawn: int
    overdue: int
    response_due: int
    responded: int
    resolution_due: int
    resolved: int
    rated: int
    satisfied: int
