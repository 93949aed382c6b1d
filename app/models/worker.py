"""Job workers that are alive."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class WorkerHeartbeat(SQLModel, table=True):
    """A worker's last sign of life; ``/readyz`` asks for a recent one."""

    __tablename__ = "worker_heartbeat"

    worker_id: UUID = Field(primary_key=True)
    seen_at: datetime = created_at()
