"""Digests of what is stuck."""

from datetime import date, datetime
from uuid import UUID

from app.schemas.areas import AreaRef
from app.schemas.complaints import ComplaintStatus
from app.schemas.fields import Out


class StuckComplaint(Out):
    """A complaint as a digest mentions it, in the state in which it is now."""

    id: UUID
    number: int
    title: str
    status: ComplaintStatus


class Stuck(Out):
    """How many there were that morning, and the oldest of them."""

    count: int
    oldest: list[StuckComplaint]


class DigestOut(Out):
    """What was stuck on a morning in an area and below it.

    `overdue` had missed a deadline, `waiting` had waited for the resident for more than a week, `unanswered` had been
    without an answer for more than 30 days.
    """

    id: UUID
    area: AreaRef
    day: date
    overdue: Stuck
    waiting: Stuck
    unanswered: Stuck
    created_at: datetime
    actions: list[str]
