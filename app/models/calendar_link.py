"""Links by which people subscribe to their own calendar."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class CalendarLink(SQLModel, table=True):
    """Lets whoever has the link read one user's calendar. The link is kept nowhere, only its keyed hash."""

    __tablename__ = "calendar_link"
    __table_args__ = (CheckConstraint("octet_length(token_hash) = 32", name="token_hash_length"),)

    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    token_hash: bytes = Field(unique=True)
    created_at: datetime = created_at()
