"""When the ledger did not add up: while a halt is open, nothing is settled. Only ``app.ledger`` touches the table."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class LedgerHalt(SQLModel, table=True):
    """What did not add up, and who let settling go on again, why. One is open at a time; a lifted one never changes."""

    __tablename__ = "ledger_halt"
    __table_args__ = (
        CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)", name="lifted"
        ),
        Index(
            "uq_ledger_halt_open",
            "lifted_at",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    differences: list[dict[str, Any]] = Field(sa_type=JSONB)
    raised_at: datetime = created_at()
    lifted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    lifted_by: str | None = Field(default=None, max_length=100)
    lift_reason: str | None = Field(default=None, max_length=500)
