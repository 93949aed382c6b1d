"""Lending plans between grids, the people asked for them, and the loans that came of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.kinds import Hat, MissingReason
from app.domain.lending import DISTANCE_MAX_M
from app.domain.lifecycles import LENDING_LINE, LENDING_PLAN, LOAN, LOAN_REQUEST
from app.models.columns import created_at, enum_type, status_check


class LendingPlan(SQLModel, table=True):
    """What staff asked to have planned for the grids of an area, and when it was; loans end after ``until``."""

    __tablename__ = "lending_plan"
    __table_args__ = (
        status_check(LENDING_PLAN),
        CheckConstraint(f"max_distance_m BETWEEN 1 AND {DISTANCE_MAX_M}", name="max_distance_m_range"),
        Index("ix_lending_plan_area_id_id", "area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    until: date
    max_distance_m: int | None = None
    skills: list[str] = Field(sa_column=Column(ARRAY(String(20)), nullable=False))
    status: str = Field(default=LENDING_PLAN.initial, max_length=32)
    created_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()
    computed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class LendingLine(SQLModel, table=True):
    """So many people of one hat that a grid could lend to another one; ``skilled`` of them with a skill asked for.

    ``reachable`` of the lender's own people used the app when the plan was drawn up: only they can be asked in it.
    """

    __tablename__ = "lending_line"
    __table_args__ = (
        status_check(LENDING_LINE),
        CheckConstraint("from_area_id <> to_area_id", name="two_grids"),
        CheckConstraint("people >= 1", name="people_positive"),
        CheckConstraint("skilled BETWEEN 0 AND people", name="skilled_range"),
        CheckConstraint("distance_m >= 0", name="distance_m_not_negative"),
        UniqueConstraint("plan_id", "from_area_id", "to_area_id", "hat"),
        Index("ix_lending_line_plan_id_id", "plan_id", "id"),
        Index("ix_lending_line_live", "id", postgresql_where=text("status IN ('proposed', 'asking')")),
    )

    id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(foreign_key="lending_plan.id")
    from_area_id: UUID = Field(foreign_key="area.id")
    to_area_id: UUID = Field(foreign_key="area.id")
    hat: Hat = Field(sa_type=enum_type(Hat, "hat"))
    people: int
    skilled: int
    distance_m: int
    is_distance_assumed: bool
    reachable: int
    status: str = Field(default=LENDING_LINE.initial, max_length=32)


class LendingGap(SQLModel, table=True):
    """People whom no line of a plan brings to a grid."""

    __tablename__ = "lending_gap"
    __table_args__ = (
        CheckConstraint("people >= 1", name="people_positive"),
        UniqueConstraint("plan_id", "area_id", "hat"),
        Index("ix_lending_gap_plan_id_id", "plan_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(foreign_key="lending_plan.id")
    area_id: UUID = Field(foreign_key="area.id")
    hat: Hat = Field(sa_type=enum_type(Hat, "hat"))
    people: int
    reason: MissingReason = Field(sa_type=enum_type(MissingReason, "reason"))


class LoanRequest(SQLModel, table=True):
    """Somebody who was asked to help in another grid: once for a line, and for one at a time."""

    __tablename__ = "loan_request"
    __table_args__ = (
        status_check(LOAN_REQUEST),
        Index("ix_loan_request_line_id_person_id", "line_id", "person_id"),
        Index("uq_loan_request_open", "person_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_loan_request_person_id_id", "person_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    line_id: UUID = Field(foreign_key="lending_line.id")
    person_id: UUID = Field(foreign_key="person.id")
    status: str = Field(default=LOAN_REQUEST.initial, max_length=32)
    created_at: datetime = created_at()


class Loan(SQLModel, table=True):
    """Somebody who counts in another grid from ``since`` until before ``until``, one loan at a time.

    Whoever ends it sooner sets ``until`` to that moment.
    """

    __table_args__ = (
        status_check(LOAN),
        CheckConstraint("from_area_id <> to_area_id", name="two_grids"),
        CheckConstraint("until >= since", name="until_after_since"),
        Index("uq_loan_running", "person_id", unique=True, postgresql_where=text("status = 'running'")),
        Index("ix_loan_from_area_id_id", "from_area_id", "id"),
        Index("ix_loan_to_area_id_id", "to_area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="loan_request.id", unique=True)
    person_id: UUID = Field(foreign_key="person.id")
    hat: Hat = Field(sa_type=enum_type(Hat, "hat"))
    from_area_id: UUID = Field(foreign_key="area.id")
    to_area_id: UUID = Field(foreign_key="area.id")
    since: datetime = Field(sa_type=DateTime(timezone=True))
    until: datetime = Field(sa_type=DateTime(timezone=True))
    status: str = Field(default=LOAN.initial, max_length=32)


class LoanPeriod(SQLModel, table=True):
    """Between which grids a loan was from when to when; the database itself writes it.

    The last one has no end of its own: it ends with the loan.
    """

    __tablename__ = "loan_period"
    __table_args__ = (
        CheckConstraint("until >= since", name="until_after_since"),
        Index("ix_loan_period_from_area_id", "from_area_id"),
        Index("ix_loan_period_to_area_id", "to_area_id"),
        Index("uq_loan_period_open", "loan_id", unique=True, postgresql_where=text("until IS NULL")),
    )

    loan_id: UUID = Field(primary_key=True, foreign_key="loan.id")
    since: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    from_area_id: UUID = Field(foreign_key="area.id")
    to_area_id: UUID = Field(foreign_key="area.id")
