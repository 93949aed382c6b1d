"""Give offers kinds, limits, times and an end, and let vouchers keep what they were taken with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATES = "status IN ('checking', 'reviewing', 'listed', 'paused', 'rejected', 'ended')"
OLD_STATES = "status IN ('checking', 'reviewing', 'listed', 'rejected')"
KINDS = "kind IN ('goods', 'discount', 'service')"


def columns() -> dict[str, sa.Column]:
    """Return the new columns of an offer; a column belongs to one table."""
    return {
        "kind": sa.Column("kind", sa.String(length=32), nullable=True),
        "terms": sa.Column("terms", sa.String(length=500), nullable=True),
        "per_person_limit": sa.Column("per_person_limit", sa.Integer(), nullable=True),
        "per_day_limit": sa.Column("per_day_limit", sa.Integer(), nullable=True),
        "day": sa.Column("day", sa.Date(), nullable=True),
        "taken_on_day": sa.Column("taken_on_day", sa.Integer(), server_default=sa.text("0"), nullable=False),
        "valid_from": sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        "valid_until": sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        "opening_hours": sa.Column("opening_hours", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        "worded_at": sa.Column(
            "worded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    }


CHECKS = {
    "per_person_limit_positive": "per_person_limit > 0",
    "per_day_limit_positive": "per_day_limit > 0",
    "taken_on_day_range": "taken_on_day >= 0 AND (day IS NOT NULL OR taken_on_day = 0)",
    "validity_order": "valid_until > valid_from",
    "opening_hours_form": "jsonb_typeof(opening_hours) = 'array'",
    "kind_67ec4c": KINDS,
}
COUNT_TAKERS = """
    INSERT INTO offer_taker (offer_id, user_id, taken)
    SELECT offer_id, user_id, count(*) FILTER (WHERE status IN ('held', 'settled')) FROM voucher GROUP BY 1, 2
"""


def upgrade() -> None:
    op.create_check_constraint(op.f("ck_offer_status_9fb726"), "offer", STATES)
    op.drop_constraint(op.f("ck_offer_status_0df505"), "offer")
    for column in columns().values():
        op.add_column("offer", column)
    op.execute("UPDATE offer SET kind = 'goods', worded_at = created_at")  # all that offers of before could be
    op.alter_column("offer", "kind", nullable=False)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_offer_{name}"), "offer", condition)

    for name in ("kind", "terms"):
        op.add_column("voucher", columns()[name])
    op.execute("UPDATE voucher SET kind = 'goods'")
    op.alter_column("voucher", "kind", nullable=False)
    op.create_check_constraint(op.f("ck_voucher_kind_67ec4c"), "voucher", KINDS)

    op.create_table(
        "offer_taker",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_offer_taker_taken_not_negative")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_taker_offer_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_offer_taker_user_id")),
        sa.PrimaryKeyConstraint("offer_id", "user_id", name=op.f("pk_offer_taker")),
    )
    op.execute(COUNT_TAKERS)


def downgrade() -> None:
    """Go back, unless an offer is in a state that the older tables do not know: then a constraint refuses."""
    op.drop_table("offer_taker")
    op.drop_constraint(op.f("ck_voucher_kind_67ec4c"), "voucher")
    for name in ("terms", "kind"):
        op.drop_column("voucher", name)
    for name in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_offer_{name}"), "offer")
    for name in reversed(columns()):
        op.drop_column("offer", name)
    op.create_check_constraint(op.f("ck_offer_status_0df505"), "offer", OLD_STATES)
    op.drop_constraint(op.f("ck_offer_status_9fb726"), "offer")
