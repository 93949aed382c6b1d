"""Askings to be recognised as a person of the roster (身份核对)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import IDENTIFICATION
from app.models.columns import created_at, status_check


class Identification(SQLModel, table=True):
    """Who a user says they are: name and number sealed for this row, and the hash under which a person has them."""

    __table_args__ = (
        status_check(IDENTIFICATION),
        CheckConstraint("octet_length(identity_hash) = 32", name="identity_hash_length"),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", unique=True)
    home_area_id: UUID = Field(foreign_key="area.id", index=True)
    sealed: bytes
    identity_hash: bytes = Field(index=True)
    status: str = Field(default=IDENTIFICATION.initial, max_length=32)
    created_at: datetime = created_at()
