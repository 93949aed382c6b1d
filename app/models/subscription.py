"""Subscribe messages: by which template each kind of message rings, and how often each user still lets it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field, SQLModel


class MessageTemplate(SQLModel, table=True):
    """A kind of message and WeChat's template by which it rings, as the file of the deployment said at the last start.

    ``stopped_at`` is when WeChat refused the template as such; it rings no more until a worker starts anew.
    """

    __tablename__ = "message_template"

    kind: str = Field(primary_key=True, max_length=32)
    template_id: str = Field(max_length=64)
    is_long_term: bool
    is_urgent: bool
    stopped_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class MessageCredit(SQLModel, table=True):
    """How many messages by one template a user still takes, as WeChat told; their word alone counts for nothing.

    No column tells when: a client asks right after a complaint is posted, so that its time would tell whose it is (I9).
    """

    __tablename__ = "message_credit"
    __table_args__ = (CheckConstraint("credits >= 0", name="credits_not_negative"),)

    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    template_id: str = Field(primary_key=True, max_length=64)
    credits: int = 0
    is_refused: bool = False
    """They said no when they were asked last, or switched the template off: they are not to be pressed."""
