"""People as offices know them, and where their hats were when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import Hat
from app.models.columns import created_at, enum_type


class Person(SQLModel, table=True):
    """Somebody who wears hats (member, volunteer, holder of posts …), logged in or not.

    ``sealed`` holds name and telephone number for whoever has the key, the hashes find them again (I12). Empty for who
    applied in the app and told neither.
    """

    __table_args__ = (
        CheckConstraint("(sealed IS NULL) = (identity_hash IS NULL)", name="identity_of_sealed"),
        CheckConstraint("(sealed IS NULL) = (phone_hash IS NULL)", name="phone_of_sealed"),
        CheckConstraint("octet_length(identity_hash) = 32", name="identity_hash_length"),
        CheckConstraint("octet_length(phone_hash) = 32", name="phone_hash_length"),
        CheckConstraint("user_id IS NOT NULL OR sealed IS NOT NULL", name="known_somehow"),
        Index("ix_person_phone_hash", "phone_hash"),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID | None = Field(default=None, foreign_key="user.id", unique=True)
    sealed: bytes | None = None
    identity_hash: bytes | None = Field(default=None, unique=True)
    phone_hash: bytes | None = None
    created_at: datetime = created_at()


class Stay(SQLModel, table=True):
    """In which grid somebody's hat was from when to when, while it was approved; the database itself writes it."""

    __table_args__ = (
        CheckConstraint("until >= since", name="until_after_since"),
        Index("uq_stay_open", "person_id", "hat", unique=True, postgresql_where=text("until IS NULL")),
        Index("ix_stay_area_id_hat_since", "area_id", "hat", "since"),
    )

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    hat: Hat = Field(primary_key=True, sa_type=enum_type(Hat, "hat"))
    since: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    area_id: UUID = Field(foreign_key="area.id")
