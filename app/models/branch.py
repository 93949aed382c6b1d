"""Functional branches of grids (功能型党支部), who is in them, who stands for secretary and who was it when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.kinds import CandidacyOrigin, TermEnd
from app.domain.lifecycles import BRANCH, BRANCH_CANDIDACY, BRANCH_MEMBER, OPEN_CANDIDACY_STATES
from app.models.columns import created_at, enum_type, status_check

OPEN = quoted(OPEN_CANDIDACY_STATES)


class Branch(SQLModel, table=True):
    """A branch that lies over a grid: its members' own branch, where the membership is, stays what it is."""

    __table_args__ = (
        status_check(BRANCH),
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name_length"),
        Index("uq_branch_active", "area_id", unique=True, postgresql_where=text("status = 'active'")),
        Index("ix_branch_area_id_id", "area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    name: str = Field(max_length=30)
    status: str = Field(default=BRANCH.initial, max_length=32)
    created_at: datetime = created_at()


class BranchMember(SQLModel, table=True):
    """A member's time in a branch; who comes back has another one. A member of one grid is in one branch at most."""

    __tablename__ = "branch_member"
    __table_args__ = (
        status_check(BRANCH_MEMBER),
        Index("uq_branch_member_joined", "member_id", unique=True, postgresql_where=text("status = 'joined'")),
        Index("ix_branch_member_member_id", "member_id"),
        Index("ix_branch_member_branch_id_status_id", "branch_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    branch_id: UUID = Field(foreign_key="branch.id")
    member_id: UUID = Field(foreign_key="member.id")
    status: str = Field(default=BRANCH_MEMBER.initial, max_length=32)
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()


class BranchCandidacy(SQLModel, table=True):
    """Somebody who stands for secretary of a branch, or did; of one branch one is accepted at a time."""

    __tablename__ = "branch_candidacy"
    __table_args__ = (
        status_check(BRANCH_CANDIDACY),
        Index(
            "uq_branch_candidacy_open",
            "branch_id",
            "member_id",
            unique=True,
            postgresql_where=text(f"status IN ({OPEN})"),
        ),
        Index("uq_branch_candidacy_accepted", "branch_id", unique=True, postgresql_where=text("status = 'accepted'")),
        Index("ix_branch_candidacy_member_id_id", "member_id", "id"),
        Index("ix_branch_candidacy_branch_id_status_id", "branch_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    branch_id: UUID = Field(foreign_key="branch.id")
    member_id: UUID = Field(foreign_key="member.id")
    origin: CandidacyOrigin = Field(sa_type=enum_type(CandidacyOrigin, "origin"))
    status: str = Field(default=BRANCH_CANDIDACY.initial, max_length=32)
    created_at: datetime = created_at()


class BranchTerm(SQLModel, table=True):
    """Somebody's time as secretary of a branch, meant to last until ``due_on``; of one branch one at a time."""

    __tablename__ = "branch_term"
    __table_args__ = (
        CheckConstraint("ended_at >= since", name="ended_after_since"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="reason_of_end"),
        Index("uq_branch_term_active", "branch_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_branch_term_branch_id_id", "branch_id", "id"),
        Index("ix_branch_term_member_id", "member_id"),
    )

    id: UUID = Field(primary_key=True)
    branch_id: UUID = Field(foreign_key="branch.id")
    member_id: UUID = Field(foreign_key="member.id")
    candidacy_id: UUID = Field(foreign_key="branch_candidacy.id", unique=True)
    since: datetime = Field(sa_type=DateTime(timezone=True))
    due_on: date
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    end_reason: TermEnd | None = Field(default=None, sa_type=enum_type(TermEnd, "end_reason"))
