"""The joint result of a complaint (联办) and what those with a part in it say of its answer (联评)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.schemas.areas import UnitRef
from app.schemas.fields import Out

StepStatus = Literal["assigned", "answered", "cancelled"]


class JointPart(Out):
    """What became of one unit's part; its answer stands here once it is part of an answer that the reader may see."""

    unit: UnitRef
    is_lead: bool
    status: StepStatus
    answer: str | None


class JointPartForStaff(JointPart):
    """One unit's part with what it has to do and by when. ``id`` is its step's."""

    id: UUID
    instructions: str
    due_at: datetime
    is_overdue: bool
    answered_at: datetime | None
    actions: list[str]


class PartyRatings(Out):
    """How those of one part rated the present answer; nobody is named."""

    party: Literal["author", "joiner", "unit", "staff"]
    satisfied: int
    unsatisfied: int
    notes: list[str]
