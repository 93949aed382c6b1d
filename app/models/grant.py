"""Roles on areas."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.caller import Role
from app.models.columns import created_at, enum_type


class Grant(SQLModel, table=True):
    """``role`` for ``user_id`` on ``area_id`` and everything below it; ``granted_by`` is empty for the command line."""

    __table_args__ = (UniqueConstraint("user_id", "role", "area_id"),)

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user.id")
    role: Role = Field(sa_type=enum_type(Role, "role"))
    area_id: UUID = Field(foreign_key="area.id", index=True)
    granted_by: UUID | None = Field(default=None, foreign_key="user.id")
    created_at: datetime = created_at()
