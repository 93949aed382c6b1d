"""What was known of each year's working days, and since when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, Date, DateTime, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class CalendarEdition(SQLModel, table=True):
    """One state of knowledge of a year: the days off and the weekend days that are worked. Append-only.

    It counts from ``known_from`` until a later edition of the same year does, so that a deadline can be reckoned again
    as it was reckoned then.
    """

    __tablename__ = "calendar_edition"
    __table_args__ = (
        CheckConstraint("year BETWEEN 1990 AND 2200", name="year_range"),
        CheckConstraint("char_length(source) BETWEEN 1 AND 200", name="source_length"),
    )

    year: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    known_from: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    holidays: list[date] = Field(sa_column=Column(ARRAY(Date), nullable=False))
    workdays: list[date] = Field(sa_column=Column(ARRAY(Date), nullable=False))
    source: str = Field(max_length=200)
    created_at: datetime = created_at()
