"""Joint cases of repeats."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.schemas.areas import AreaRef
from app.schemas.complaints import CategoryRef, ComplaintOut
from app.schemas.fields import Out

JointCaseStatus = Literal["open", "closed"]


class JointCaseOut(Out):
    """What is wrong in one grid again and again: how many said so, and how many of them wait for an answer."""

    id: UUID
    area: AreaRef
    category: CategoryRef
    status: JointCaseStatus
    opened_at: datetime
    closed_at: datetime | None
    complaints: int
    unanswered: int
    actions: list[str]


class JointCaseDetailOut(JointCaseOut):
    """A joint case with its complaints, the newest first and up to 200."""

    items: list[ComplaintOut]
