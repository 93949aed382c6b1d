"""What waits for people to read it: the review queue."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.kinds import Suggestion
from app.schemas.areas import AreaRef
from app.schemas.fields import Out
from app.schemas.media import PictureOut

ReviewKind = Literal[
    "wish", "errand", "complaint", "answer", "task", "task_series", "offer", "nickname", "thanks", "note", "picture"
]


class ReviewedRef(Out):
    """The thing whose words wait, and where the API shows it; of a nickname neither, since it is of a person."""

    kind: str
    id: UUID | None
    path: str | None


class ReviewOut(Out):
    """Words that wait for a person, with all it takes to decide; ``subject`` is the thing they are of.

    ``held`` ones are not public yet, ``sampled`` ones are and were let through by a machine. ``label`` is WeChat's
    reason, ``found`` what the word list saw; ``reason`` says both to the reader.
    """

    id: UUID
    kind: ReviewKind
    status: Literal["held", "sampled"]
    subject: ReviewedRef
    area: AreaRef | None
    title: str | None
    words: str
    pictures: list[PictureOut]
    reason: str
    suggest: Suggestion | None
    label: int | None
    found: list[str]
    created_at: datetime
    actions: list[str]


class DecidedReviewOut(Out):
    """A review that is decided."""

    id: UUID
    status: Literal["passed", "rejected"]
    actions: list[str]
