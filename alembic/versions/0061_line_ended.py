"""Tell those who wait that what they waited for has ended."""

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

BEFORE = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', 'claim_called_off', 'claim_moved_up', "
    "'claim_due', 'claim_lapsed', 'claims_narrowed', 'call_out_group', 'claim_named', "
    "'pledge_seat_back', 'pledge_ended', 'list_published', 'order_sent', 'order_due', 'order_overdue', "
    "'order_reported', 'order_returned', 'order_accepted', 'order_cancelled', 'things_in_hand'"
)
CHECK_BEFORE, CHECK = "ck_message_kind_fbd628", "ck_message_kind_d6efd1"


def upgrade() -> None:
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(CHECK), "message", f"kind IN ({BEFORE}, 'line_ended')")
    op.drop_constraint(op.f(CHECK_BEFORE), "message", type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind = 'line_ended'")
    op.create_check_constraint(op.f(CHECK_BEFORE), "message", f"kind IN ({BEFORE})")
    op.drop_constraint(op.f(CHECK), "message", type_="check")
