"""Roles on areas."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.domain.caller import Role
from app.models.columns import created_at, enum_type


class Grant(SQLModel, table=True):
    """``role`` for ``user_id`` on ``area_id`` and everything below it; ``granted_by`` is empty for the command line."""

    __table_args__ = (
        Index(
            "uq_grant_by_hand", "user_id", "role", "area_id", unique=True, postgresql_where=text("holding_id IS NULL")
        ),
        Index("ix_grant_user_id", "user_id"),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user.id")
    role: Role = Field(sa_type=enum_type(Role, "role"))
    area_id: UUID = Field(foreign_key="area.id", index=True)
    granted_by: UUID | None = Field(default=None, foreign_key="user.id")
    holding_id: UUID | None = Field(default=None, foreign_key="post_holding.id", unique=True)
    """Of the post that it comes and goes with; none for one given by hand."""
    created_at: datetime = created_at()
