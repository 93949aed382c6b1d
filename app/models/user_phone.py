"""The telephone number that somebody's WeChat confirmed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field, SQLModel


class UserPhone(SQLModel, table=True):
    """A user's number, sealed, and the keyed hash that finds it (I12). A family may share one, so it is not unique."""

    __tablename__ = "user_phone"
    __table_args__ = (CheckConstraint("octet_length(phone_hash) = 32", name="phone_hash_length"),)

    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    sealed: bytes
    phone_hash: bytes = Field(index=True)
    confirmed_at: datetime = Field(sa_type=DateTime(timezone=True))
