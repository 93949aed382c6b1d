"""Areas."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.domain.area_tree import CODE_PATTERN, NAME_MAX
from app.domain.kinds import AreaKind, UnitKind
from app.schemas.fields import Check, Count, In, Out

PEOPLE_MAX = 100_000_000

AreaName = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX), Check]
DivisionCode = Annotated[str, StringConstraints(pattern=f"^{CODE_PATTERN}$")]
YesOrNo = Annotated[bool, Field(strict=True)]
People = Annotated[Count, Field(ge=0, le=PEOPLE_MAX)]


class AreaRef(Out):
    """An area as others mention it."""

    id: UUID
    name: str


class UnitRef(Out):
    """A unit as others mention it."""

    id: UUID
    name: str


class AreaEditIn(In):
    """What can be changed of an area where it is; every field is written, null for what is not known."""

    name: AreaName
    code: DivisionCode | None
    """The official code of the division (统计用区划代码)."""
    households: People | None
    residents: People | None
    is_wish_review_required: YesOrNo


class AreaIn(In):
    """A new area right below another."""

    parent_id: UUID
    kind: AreaKind
    name: AreaName
    code: DivisionCode | None = None
    households: People | None = None
    residents: People | None = None
    is_wish_review_required: YesOrNo = True


class AreaOut(Out):
    """A node of the tree; ``path`` leads from the root to it. A closed one takes nothing new."""

    id: UUID
    parent_id: UUID | None
    kind: AreaKind
    name: str
    code: str | None
    path: list[AreaRef]
    has_children: bool
    households: int | None
    residents: int | None
    is_wish_review_required: bool
    closed_at: datetime | None
    actions: list[str]


class UnitOut(Out):
    """An organisation."""

    id: UUID
    area_id: UUID
    kind: UnitKind
    name: str
    actions: list[str]
