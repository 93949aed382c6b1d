"""Grants."""

from datetime import datetime
from uuid import UUID

from app.domain.caller import Role
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Out


class GrantIn(In):
    """Who shall hold which role where."""

    user_id: UUID
    role: Role
    area_id: UUID


class GrantOut(Out):
    """A grant as it stands."""

    id: UUID
    user_id: UUID
    role: Role
    area: AreaRef
    created_at: datetime
    actions: list[str]
