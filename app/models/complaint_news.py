"""What the people of complaints have yet to be told."""

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel


class ComplaintNews(SQLModel, table=True):
    """That something became of a complaint: written with the change, gone once its people were told.

    It names nobody (I9); ``kind`` is that of the message.
    """

    __tablename__ = "complaint_news"
    __table_args__ = (CheckConstraint("starts_with(kind, 'own_complaint_')", name="kind_of_own"),)

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", index=True)
    kind: str = Field(max_length=32)
