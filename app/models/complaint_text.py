"""What complaints say, as it is searched and learned from."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, SmallInteger, String, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.likeness import BEGINNING
from app.domain.words import TOKENS_MAX


class ComplaintText(SQLModel, table=True):
    """The words of a complaint that is alive or was lately, those of its title first, beside the lineage of its area.

    ``learned_as`` is the category under which they were counted.
    """

    __tablename__ = "complaint_text"
    __table_args__ = (
        CheckConstraint(f"cardinality(tokens) <= {TOKENS_MAX}", name="tokens_count"),
        CheckConstraint("title_tokens BETWEEN 0 AND cardinality(tokens)", name="title_tokens_range"),
        Index("ix_complaint_text_words", "lineage", "tokens", postgresql_using="gin"),
    )

    complaint_id: UUID = Field(primary_key=True, foreign_key="complaint.id")
    lineage: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    tokens: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    title_tokens: int = Field(sa_type=SmallInteger)
    beginning: str = Field(sa_type=String(BEGINNING))
    learned_as: str | None = Field(default=None, foreign_key="complaint_category.code", max_length=32)


class CategoryWord(SQLModel, table=True):
    """In how many complaints that staff dealt with under a category a word stood."""

    __tablename__ = "category_word"
    __table_args__ = (CheckConstraint("complaints >= 0", name="complaints_counted"),)

    category: str = Field(primary_key=True, foreign_key="complaint_category.code", max_length=32)
    word: str = Field(primary_key=True, sa_type=Text)
    complaints: int
