"""Posts and who holds them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import PostQueue
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Numberless, Out
from app.schemas.people import PersonName, Phone

PostName = Annotated[str, StringConstraints(min_length=1, max_length=30), Check, Numberless]
Duty = Annotated[str, StringConstraints(min_length=1, max_length=500), Check, Numberless]
Queues = Annotated[list[PostQueue], Field(max_length=len(PostQueue), default_factory=list)]
PostRole = Literal["staff", "alliance", "auditor"]


class PostEditIn(In):
    """What a post is called, what its holder does, and which queues it answers for."""

    name: PostName
    duty: Duty
    queues: Queues
    role: PostRole | None = None

    @model_validator(mode="after")
    def require_staff(self) -> Self:
        """Refuse queues for a post whose holder could not work on them."""
        if self.queues and self.role != "staff":
            raise PydanticCustomError("queues_need_staff", "A post that answers for queues has the role staff")
        return self


class PostIn(PostEditIn):
    """A duty in an area."""

    area_id: UUID


class AppointIn(In):
    """Who shall hold a post: by name and telephone, whether they have logged in or not, or by their user id."""

    name: PersonName | None = None
    phone: Phone | None = None
    user_id: UUID | None = None

    @model_validator(mode="after")
    def require_one_way(self) -> Self:
        """Refuse what names nobody, or somebody twice."""
        if (self.name is None) != (self.phone is None) or (self.name is None) == (self.user_id is None):
            raise PydanticCustomError("person_named_once", "Name and telephone together, or a user id")
        return self


class PostOut(Out):
    """A post as everybody sees it: the duty, and whether somebody is there."""

    id: UUID
    area: AreaRef
    name: str
    duty: str
    queues: list[PostQueue]
    role: PostRole | None
    is_held: bool
    closed_at: datetime | None
    actions: list[str]


class Holder(Out):
    """Who holds a post; the name is None of who was appointed by a user id and never told it."""

    name: str | None
    nickname: str | None
    phone: str | None
    since: datetime


class PostForStaffOut(PostOut):
    """A post with its holder, the telephone masked."""

    holder: Holder | None


class Answering(Out):
    """Which post works on a queue at present: of a vacant post, one above."""

    queue: PostQueue
    post_id: UUID | None
    post_name: str | None
    area: AreaRef | None


class PostDetailOut(PostForStaffOut):
    """A post for staff, with who works on its queues."""

    answered_by: list[Answering]


class HoldingOut(Out):
    """Somebody's time on a post."""

    id: UUID
    name: str | None
    nickname: str | None
    since: datetime
    until: datetime | None
    actions: list[str]


class QueueCount(Out):
    """How much waits in a queue, and how much of it is overdue."""

    queue: PostQueue
    waiting: int
    overdue: int


class OwnPostOut(Out):
    """A post that the caller holds, with what waits there."""

    id: UUID
    area: AreaRef
    name: str
    duty: str
    since: datetime
    counts: list[QueueCount]
    actions: list[str]


class QueueItemOut(Out):
    """Something that waits for the holder of a post; ``path`` leads to it."""

    id: UUID
    kind: str
    path: str
    area: AreaRef
    title: str | None
    since: datetime
    due_at: datetime | None
    is_overdue: bool
    actions: list[str]
