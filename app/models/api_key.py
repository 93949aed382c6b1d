"""Keys that let other systems post complaints by Open311."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class ApiKey(SQLModel, table=True):
    """Lets whoever has the key post in an area and all below it. The key itself is kept nowhere, only its keyed hash.

    ``posts`` counts what was posted in the minute that began at ``minute``.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 40", name="name_length"),
        CheckConstraint("octet_length(key_hash) = 32", name="key_hash_length"),
        CheckConstraint("posts >= 0", name="posts_not_negative"),
        Index("ix_api_key_area_id", "area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    name: str = Field(max_length=40)
    key_hash: bytes = Field(unique=True)
    minute: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    posts: int = 0
    created_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()
