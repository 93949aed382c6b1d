"""Calls of alliances to a task, and the teams that said that they cannot come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class TaskCall(SQLModel, table=True):
    """A call (召集令) of all teams of an alliance to one task, by staff or by the secretary of a branch over it."""

    __tablename__ = "task_call"
    __table_args__ = (UniqueConstraint("task_id", "alliance_id"),)

    id: UUID = Field(primary_key=True)
    task_id: UUID = Field(foreign_key="task.id")
    alliance_id: UUID = Field(foreign_key="alliance.id", index=True)
    called_by: UUID = Field(foreign_key="user.id")
    is_by_staff: bool
    created_at: datetime = created_at()


class TaskCallAnswer(SQLModel, table=True):
    """A team that cannot come; one that comes has a pledge."""

    __tablename__ = "task_call_answer"
    __table_args__ = (CheckConstraint("char_length(note) BETWEEN 1 AND 500", name="note_length"),)

    call_id: UUID = Field(primary_key=True, foreign_key="task_call.id")
    team_id: UUID = Field(primary_key=True, foreign_key="team.id", index=True)
    note: str | None = Field(default=None, max_length=500)
    created_at: datetime = created_at()
