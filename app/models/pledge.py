"""Pledges: seats that a group takes and names people for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import PLEDGE
from app.models.columns import created_at, status_check

IS_HELD = "status = 'held'"


class Pledge(SQLModel, table=True):
    """``heads`` seats of one task for a team or a branch, ``named`` of them claims that live or were verified.

    While it is held, its other seats count among ``task.seats_taken``: the row of the task is locked by whoever changes
    any of this.
    """

    __table_args__ = (
        status_check(PLEDGE),
        CheckConstraint("num_nonnulls(team_id, branch_id) = 1", name="one_group"),
        CheckConstraint("heads BETWEEN 1 AND 1000", name="heads_range"),
        CheckConstraint("named BETWEEN 0 AND heads", name="named_range"),
        Index("uq_pledge_held_by_team", "task_id", "team_id", unique=True, postgresql_where=text(IS_HELD)),
        Index("uq_pledge_held_by_branch", "task_id", "branch_id", unique=True, postgresql_where=text(IS_HELD)),
        Index("ix_pledge_task_id_id", "task_id", "id"),
        Index("ix_pledge_team_id_id", "team_id", "id", postgresql_where=text("team_id IS NOT NULL")),
        Index("ix_pledge_branch_id_id", "branch_id", "id", postgresql_where=text("branch_id IS NOT NULL")),
        Index("ix_pledge_name_by", "name_by", postgresql_where=text(IS_HELD)),
    )

    id: UUID = Field(primary_key=True)
    task_id: UUID = Field(foreign_key="task.id")
    team_id: UUID | None = Field(default=None, foreign_key="team.id")
    branch_id: UUID | None = Field(default=None, foreign_key="branch.id")
    heads: int = Field(sa_type=SmallInteger)
    named: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")})
    status: str = Field(default=PLEDGE.initial, max_length=32)
    name_by: datetime = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()
