"""People, as WeChat names them to this mini-program."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class User(SQLModel, table=True):
    """One WeChat identity. ``open_claims`` counts claims with work to do; taking a seat checks it under lock (I1).

    ``lapsed_at`` is when a claim of theirs lapsed last. Two within 30 days narrow how many they may hold at once until
    ``narrowed_until``.
    """

    __table_args__ = (
        CheckConstraint("open_claims >= 0", name="open_claims_not_negative"),
        CheckConstraint("char_length(nickname) BETWEEN 1 AND 20", name="nickname_length"),
    )

    id: UUID = Field(primary_key=True)
    openid: str = Field(max_length=64, unique=True)
    unionid: str | None = Field(default=None, max_length=64, unique=True)
    nickname: str = Field(max_length=20)
    pending_nickname: str | None = Field(default=None, max_length=20)
    """Chosen by the user, not shown to others before its content check has passed (I10)."""
    token_version: int = 1
    is_blocked: bool = False
    open_claims: int = 0
    lapsed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    narrowed_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()
    last_login_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class UserDevice(SQLModel, table=True):
    """A phone that somebody has logged in from, as a keyed hash and nothing else (I12)."""

    __tablename__ = "user_device"
    __table_args__ = (
        CheckConstraint("octet_length(device_hash) = 32", name="device_hash_length"),
        Index("ix_user_device_device_hash", "device_hash"),
    )

    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    device_hash: bytes = Field(primary_key=True)
    last_seen_at: datetime = Field(sa_type=DateTime(timezone=True))
