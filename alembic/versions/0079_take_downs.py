"""Hide the words of wishes and complaints whose work goes on, and tell whose they are."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

FORMER_KINDS = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', 'claim_called_off', 'claim_moved_up', 'claim_due', "
    "'claim_lapsed', 'claims_narrowed', 'call_out_group', 'claim_named', 'pledge_seat_back', 'pledge_ended', "
    "'list_published', 'order_sent', 'order_due', 'order_overdue', 'order_reported', 'order_returned', "
    "'order_accepted', 'order_cancelled', 'things_in_hand', 'line_ended', 'call_out_lapsed', 'team_called', "
    "'claim_cannot', 'wish_part_done', 'wish_published', 'wish_rejected', 'wish_expired', 'wish_claimed', "
    "'wish_seeking', 'wish_delivered', 'wish_confirm_soon', 'errand_approved', 'errand_rejected', 'errand_ended', "
    "'errand_claimed', 'errand_seeking', 'errand_delivered', 'errand_confirm_soon', 'claim_returned', "
    "'claim_refused', 'claim_verified', 'points_awarded', 'points_expiring', 'points_added', 'points_taken', "
    "'adjustment_refused', 'voucher_settled', 'voucher_expired', 'voucher_given_back', 'voucher_reversed', "
    "'own_complaint_rejected', 'own_complaint_accepted', 'own_complaint_escalated', 'own_complaint_waiting', "
    "'own_complaint_answered', 'own_complaint_closing', 'own_complaint_merged', 'own_complaint_reopened', "
    "'complaint_due', 'complaint_overdue', 'merchant_approved', 'merchant_refused', 'merchant_suspended', "
    "'merchant_resumed', 'offer_listed', 'offer_rejected', 'offer_paused', 'identified', 'identification_refused', "
    "'identification_undone', 'member_approved', 'member_refused', 'volunteer_approved', 'volunteer_refused', "
    "'candidacy_asked', 'candidacy_accepted', 'candidacy_rejected'"
)
NEW_KINDS = "'wish_hidden', 'own_complaint_hidden'"
KIND, FORMER_KIND = "kind_beed97", "kind_ec5de4"


def upgrade() -> None:
    for table in ("wish", "complaint"):
        op.add_column(table, sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(f"ck_message_{KIND}"), "message", f"kind IN ({FORMER_KINDS}, {NEW_KINDS})")
    op.drop_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", type_="check")


def downgrade() -> None:
    op.execute(f"DELETE FROM message WHERE kind IN ({NEW_KINDS})")
    op.create_check_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", f"kind IN ({FORMER_KINDS})")
    op.drop_constraint(op.f(f"ck_message_{KIND}"), "message", type_="check")
    # What was hidden stays so, though nothing tells any more that it was. A hidden complaint is confidential.
    op.execute("UPDATE wish SET title = '已隐藏', body = '已隐藏' WHERE hidden_at IS NOT NULL")
    for table in ("complaint", "wish"):
        op.drop_column(table, "hidden_at")
