"""What hands do to points: proposed by one person, decided by another, with a reason and a paper (I2)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import AdjustmentKind
from app.domain.lifecycles import ADJUSTMENT
from app.models.columns import created_at, enum_type, status_check


class Adjustment(SQLModel, table=True):
    """``points`` given (above zero) or taken (below) by hand; ``document`` names the paper behind it.

    A reversal of an award may find less than it asks for: ``points_taken`` is what it took, ``shortfall`` the rest.
    Rows are never deleted: the database refuses it.
    """

    __table_args__ = (
        status_check(ADJUSTMENT),
        CheckConstraint("points <> 0", name="points_not_zero"),
        CheckConstraint("(kind = 'award_reversal') = (claim_id IS NOT NULL)", name="claim_of_kind"),
        CheckConstraint("kind <> 'award_reversal' OR points < 0", name="reversal_takes"),
        CheckConstraint("char_length(reason) BETWEEN 1 AND 500", name="reason_length"),
        CheckConstraint("char_length(document) BETWEEN 1 AND 200", name="document_length"),
        CheckConstraint("proposed_by <> user_id", name="proposed_by_another"),
        CheckConstraint("decided_by <> proposed_by AND decided_by <> user_id", name="decided_by_another"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_once"),
        CheckConstraint("status = 'proposed' OR decided_by IS NOT NULL", name="decider_known"),
        CheckConstraint(
            "(points_taken IS NULL AND shortfall IS NULL) OR (kind = 'award_reversal' AND points_taken >= 0 "
            "AND shortfall >= 0 AND points_taken::bigint + shortfall = -points)",
            name="taken_and_shortfall",
        ),
        CheckConstraint(
            "kind <> 'award_reversal' OR status <> 'approved' OR shortfall IS NOT NULL", name="shortfall_known"
        ),
        Index(
            "uq_adjustment_reversal",
            "claim_id",
            unique=True,
            postgresql_where=text("kind = 'award_reversal' AND status <> 'refused'"),
        ),
        Index("ix_adjustment_area_id_status_id", "area_id", "status", "id"),
        Index("ix_adjustment_user_id_id", "user_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user.id")
    area_id: UUID = Field(foreign_key="area.id")
    kind: AdjustmentKind = Field(sa_type=enum_type(AdjustmentKind, "kind"))
    claim_id: UUID | None = Field(default=None, foreign_key="claim.id")
    points: int
    reason: str = Field(max_length=500)
    document: str = Field(max_length=200)
    proposed_by: UUID = Field(foreign_key="user.id")
    status: str = Field(default=ADJUSTMENT.initial, max_length=32)
    decided_by: UUID | None = Field(default=None, foreign_key="user.id")
    decided_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    points_taken: int | None = None
    shortfall: int | None = None
    created_at: datetime = created_at()
