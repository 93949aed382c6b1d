"""Who acts for a unit."""

from datetime import datetime
from uuid import UUID

from app.schemas.areas import UnitRef
from app.schemas.fields import In, Out


class UnitWorkerIn(In):
    """Who shall act for the unit."""

    user_id: UUID


class UnitWorkerOut(Out):
    """Somebody who acts for a unit."""

    id: UUID
    unit: UnitRef
    nickname: str
    created_at: datetime
    actions: list[str]
