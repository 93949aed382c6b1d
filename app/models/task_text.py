"""What tasks say, as it is searched."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.words import TOKENS_MAX


class TaskText(SQLModel, table=True):
    """The words of a task that can or could soon be claimed, and of the wish that it fulfils."""

    __tablename__ = "task_text"
    __table_args__ = (
        CheckConstraint(f"cardinality(tokens) <= {TOKENS_MAX}", name="tokens_count"),
        Index("ix_task_text_tokens", "tokens", postgresql_using="gin"),
    )

    task_id: UUID = Field(primary_key=True, foreign_key="task.id")
    tokens: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
