"""Areas."""

from uuid import UUID

from app.domain.kinds import AreaKind, UnitKind
from app.schemas.fields import Out


class AreaRef(Out):
    """An area as others mention it."""

    id: UUID
    name: str


class UnitRef(Out):
    """A unit as others mention it."""

    id: UUID
    name: str


class AreaOut(Out):
    """A node of the tree; ``path`` leads from the root to it."""

    id: UUID
    parent_id: UUID | None
    kind: AreaKind
    name: str
    path: list[AreaRef]
    has_children: bool
    is_wish_review_required: bool
    actions: list[str]


class UnitOut(Out):
    """An organisation."""

    id: UUID
    area_id: UUID
    kind: UnitKind
    name: str
    actions: list[str]
