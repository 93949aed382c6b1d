"""Messages in the app."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.domain.message_kinds import MessageKind
from app.schemas.fields import In, Out


class SubjectRef(Out):
    """What a message is about: its kind, its id, and the path under which the API shows it."""

    kind: str
    id: UUID
    path: str


class MessageOut(Out):
    """Something that the caller was told; ``read_at`` is null until they say that they have read it."""

    id: UUID
    kind: MessageKind
    title: str
    body: str
    subject: SubjectRef
    created_at: datetime
    read_at: datetime | None
    actions: list[str]


class UnreadOut(Out):
    """How many messages are unread; 100 stands for as many or more."""

    unread: int
    actions: list[str]


class ReadIn(In):
    """Which messages were read: these, or the one that stands on top and all before it."""

    message_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)] | None = None
    up_to_id: UUID | None = None

    @model_validator(mode="after")
    def check_one(self) -> Self:
        """Refuse both ways at once, and neither."""
        if (self.message_ids is None) == (self.up_to_id is None):
            raise PydanticCustomError("messages_which", "Either the messages are named, or the last of them")
        return self
