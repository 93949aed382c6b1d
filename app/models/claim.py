"""Claims: one person's hold on one seat."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.lifecycles import CLAIM, LIVE_CLAIM_STATES
from app.models.columns import created_at, status_check

LIVE = quoted(LIVE_CLAIM_STATES)


class Claim(SQLModel, table=True):
    """``due_at`` is when it lapses without delivery; ``note`` is what the claimant says of that, or why there is none.

    ``minutes`` is the work that they say it took. At ``remind_at`` they are reminded next, unless they delivered.
    ``pledge_id`` leads to the seats of the group that named them, or that they took one of.
    ``done_percent`` is how much of it was done, where that is not all.
    """

    __table_args__ = (
        status_check(CLAIM),
        CheckConstraint("done_percent BETWEEN 1 AND 99", name="done_percent_range"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_range"),
        CheckConstraint("cardinality(things) <= 20", name="things_few"),
        CheckConstraint("(things = '{}') = (things_since IS NULL)", name="things_since_when"),
        CheckConstraint("things = '{}' OR status NOT IN ('submitted', 'verified')", name="things_handed_back"),
        Index("uq_claim_live", "task_id", "user_id", unique=True, postgresql_where=text(f"status IN ({LIVE})")),
        Index("ix_claim_task_id", "task_id"),
        Index("ix_claim_pledge_id_id", "pledge_id", "id", postgresql_where=text("pledge_id IS NOT NULL")),
        Index("ix_claim_user_id_id", "user_id", "id"),
        Index("ix_claim_due", "due_at", postgresql_where=text("status IN ('active', 'returned')")),
        Index("ix_claim_remind_at", "remind_at", postgresql_where=text("status IN ('active', 'returned')")),
        Index("ix_claim_things", "id", postgresql_where=text("things <> '{}'")),
        Index("ix_claim_submitted", "submitted_at", postgresql_where=text("status = 'submitted'")),
    )

    id: UUID = Field(primary_key=True)
    task_id: UUID = Field(foreign_key="task.id")
    user_id: UUID = Field(foreign_key="user.id")
    pledge_id: UUID | None = Field(default=None, foreign_key="pledge.id")
    status: str = Field(default=CLAIM.initial, max_length=32)
    note: str | None = Field(default=None, max_length=500)
    minutes: int | None = Field(default=None, sa_type=SmallInteger)
    done_percent: int | None = Field(default=None, sa_type=SmallInteger)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    remind_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    things: list[str] = Field(
        default=[], sa_column=Column(ARRAY(String(20)), nullable=False, server_default=text("'{}'"))
    )
    """What they have of the resident of an errand in hand, whatever became of the claim; in words."""
    things_since: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()
    submitted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    asked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    """When the resident was last asked to confirm a delivery before it is confirmed without a word."""
