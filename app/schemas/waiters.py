"""Places in line for full tasks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.schemas.fields import Out
from app.schemas.tasks import ClaimTask

WaiterStatus = Literal["waiting", "moved_up", "left", "ended"]


class WaiterOut(Out):
    """One's own place in line, its `number` while one waits. Whoever moved up has a claim on the task."""

    id: UUID
    task: ClaimTask
    status: WaiterStatus
    number: int | None
    created_at: datetime
    actions: list[str]
