"""The names under which codes on posters lead to things."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.scenes import TOKEN_CHARACTERS, SceneKind
from app.models.columns import created_at, enum_type


class SceneToken(SQLModel, table=True):
    """One random name for each thing that has a code; it says nothing of the thing and is never made anew."""

    __tablename__ = "scene_token"
    __table_args__ = (
        CheckConstraint(f"length(token) = {TOKEN_CHARACTERS}", name="token_length"),
        UniqueConstraint("kind", "subject_id"),
    )

    token: str = Field(primary_key=True)
    kind: SceneKind = Field(sa_type=enum_type(SceneKind, "kind"))
    subject_id: UUID
    created_at: datetime = created_at()
