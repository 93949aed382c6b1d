"""Business circles."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Numberless, Out, PublicNote

GRIDS_MAX = 1_000

CircleName = Annotated[str, StringConstraints(min_length=1, max_length=30), Check, Numberless]


def check_once(grid_ids: list[UUID]) -> list[UUID]:
    """Refuse a grid named twice."""
    if len(set(grid_ids)) < len(grid_ids):
        raise PydanticCustomError("grid_twice", "A grid is named twice")
    return grid_ids


class CircleEditIn(In):
    """What a circle is called, and what is to be said of it."""

    name: CircleName
    introduction: PublicNote | None = None


class CircleIn(CircleEditIn):
    """A new circle, and the area whose alliance keeps it."""

    area_id: UUID


class CircleGridsIn(In):
    """All the grids of a circle, in place of those before."""

    grid_ids: Annotated[list[UUID], Field(max_length=GRIDS_MAX), AfterValidator(check_once)]


class CircleOut(Out):
    """A circle in a list."""

    id: UUID
    area: AreaRef
    name: str
    introduction: str | None
    grid_count: int
    closed_at: datetime | None
    created_at: datetime
    actions: list[str]


class CircleGridOut(Out):
    """A grid of a circle, and the area right above it."""

    id: UUID
    name: str
    above: AreaRef | None


class CircleWithGridsOut(CircleOut):
    """One circle with the grids that it lies over."""

    grids: list[CircleGridOut]
