"""Areas."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.area_tree import CODE_PATTERN, NAME_MAX
from app.domain.kinds import AreaKind, CoordinateSystem
from app.schemas.fields import Check, Count, In, Note, Out
from app.schemas.places import GeometryOrFeatureIn

PARTS_MAX = 50
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


class MoveIn(In):
    """Where an area goes with all that lies below it."""

    parent_id: UUID
    reason: Note


class AreaMergeIn(In):
    """Which area takes another one in."""

    into_id: UUID
    reason: Note


class CloseIn(In):
    """Why an area is closed."""

    reason: Note


class PartIn(In):
    """A part of an area that is split."""

    name: AreaName
    code: DivisionCode | None = None
    households: People | None = None
    residents: People | None = None
    shape: GeometryOrFeatureIn | None = None


class SplitIn(In):
    """Into what an area is split: what has a place goes by the shapes, all else to ``parts[default_part]``."""

    parts: Annotated[list[PartIn], Field(min_length=2, max_length=PARTS_MAX)]
    default_part: Annotated[Count, Field(ge=0, lt=PARTS_MAX)]
    coordinates: CoordinateSystem = CoordinateSystem.GCJ02
    reason: Note

    @model_validator(mode="after")
    def check_parts(self) -> "SplitIn":
        """Refuse a default that is none of the parts."""
        if self.default_part >= len(self.parts):
            raise PydanticCustomError("default_part_missing", "default_part is the place of one of the parts, from 0")
        return self


class AreaOut(Out):
    """A node of the tree; ``path`` leads from the root to it.

    A closed one takes nothing new; ``successor`` is where its people and open work went when it was merged or split.
    """

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
    successor: AreaRef | None
    actions: list[str]


class SplitAreaOut(AreaOut):
    """An area that was split, with its parts in the order in which they were named."""

    parts: list[AreaOut]


class AreaChangeOut(Out):
    """What began or ended a period: ``follow`` came of the merge or split of the area above, ``add`` of a split too.

    ``area`` is whose change it was: the area itself, or one above that moved with all below it. ``reason`` is told to
    staff of the area.
    """

    verb: Literal["add", "edit", "move", "follow", "merge", "split", "close"]
    area: AreaRef
    reason: str | None


class AreaKinOut(AreaRef):
    """What became of an area or what it came from, and when."""

    at: datetime


class AreaPeriodOut(Out):
    """What an area was from ``since`` until before ``until``; ``path`` has the names of when it began.

    ``predecessors`` are the area that it was split from and those that were merged into it meanwhile, ``successors``
    what it was merged into or split into. ``began`` is null for what was there before changes were written down.
    """

    since: datetime
    until: datetime | None
    parent_id: UUID | None
    kind: AreaKind
    name: str
    code: str | None
    path: list[AreaRef]
    began: AreaChangeOut | None
    ended: AreaChangeOut | None
    predecessors: list[AreaKinOut]
    successors: list[AreaKinOut]
    actions: list[str]
