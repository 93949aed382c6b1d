"""Tell who ordered a call-out that nobody has confirmed it."""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

BEFORE = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', 'claim_called_off', 'claim_moved_up', "
    "'claim_due', 'claim_lapsed', 'claims_narrowed', 'call_out_group', 'claim_named', "
    "'pledge_seat_back', 'pledge_ended', 'list_published', 'order_sent', 'order_due', 'order_overdue', "
    "'order_reported', 'order_returned', 'order_accepted', 'order_cancelled', 'things_in_hand', 'line_ended'"
)
CHECK_BEFORE, CHECK = "ck_message_kind_d6efd1", "ck_message_kind_272593"


def upgrade() -> None:
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(CHECK), "message", f"kind IN ({BEFORE}, 'call_out_lapsed')")
    op.drop_constraint(op.f(CHECK_BEFORE), "message", type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind = 'call_out_lapsed'")
    op.create_check_constraint(op.f(CHECK_BEFORE), "message", f"kind IN ({BEFORE})")
    op.drop_constraint(op.f(CHECK), "message", type_="check")
