"""Answers remembered for repeated requests (I5)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class IdempotencyKey(SQLModel, table=True):
    """The first answer to a caller's key; ``request_fingerprint`` is SHA-256 over method, path and body."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        CheckConstraint("octet_length(request_fingerprint) = 32", name="request_fingerprint_length"),
        CheckConstraint("status BETWEEN 200 AND 499", name="status_range"),
        # Rows come in the order of time, so that the sweep finds the old ones by a few pages, and a write pays nothing.
        Index("ix_idempotency_key_created_at", "created_at", postgresql_using="brin"),
    )

    caller_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=128)
    request_fingerprint: bytes
    status: int | None = None
    body: bytes | None = None
    created_at: datetime = created_at()
