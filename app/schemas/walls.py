"""Walls."""

from app.schemas.complaints import ComplaintOut
from app.schemas.fields import Out


class Tally(Out):
    """What stands on a wall without an answer, and what of it is late."""

    area_name: str
    unanswered: int
    overdue: int


class WallOut(Out):
    """A page of a wall; the first one comes with its tally."""

    tally: Tally | None
    items: list[ComplaintOut]
    next_cursor: str | None
