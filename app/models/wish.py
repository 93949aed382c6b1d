"""Micro-wishes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import WishCategory
from app.domain.lifecycles import WISH
from app.models.columns import created_at, enum_type, status_check


class Wish(SQLModel, table=True):
    """Something a resident asks for. Ids are in order of time, so lists are read along an index that ends in ``id``."""

    __table_args__ = (
        status_check(WISH),
        CheckConstraint("char_length(title) BETWEEN 1 AND 60", name="title_length"),
        CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name="body_length"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_range"),
        Index("ix_wish_area_id_status_id", "area_id", "status", "id"),
        Index("ix_wish_area_id_status_category_id", "area_id", "status", "category", "id"),
        Index("ix_wish_status_id", "status", "id"),
        Index("ix_wish_status_category_id", "status", "category", "id"),
        Index("ix_wish_author_id_id", "author_id", "id"),
        Index("ix_wish_unclaimed", "published_at", postgresql_where=text("status = 'published'")),
    )

    id: UUID = Field(primary_key=True)
    author_id: UUID = Field(foreign_key="user.id")
    area_id: UUID = Field(foreign_key="area.id")
    category: WishCategory = Field(sa_type=enum_type(WishCategory, "category"))
    title: str = Field(max_length=60)
    body: str = Field(max_length=2000)
    status: str = Field(default=WISH.initial, max_length=32)
    rating: int | None = None
    thanks: str | None = Field(default=None, max_length=500)
    created_at: datetime = created_at()
    published_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    delivered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    hidden_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    """Since when nobody reads its words but those whom it concerns, whatever becomes of the work."""
