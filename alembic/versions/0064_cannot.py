"""Tell staff of tasks that cannot be done."""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

KINDS = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', 'claim_called_off', 'claim_moved_up', 'claim_due', "
    "'claim_lapsed', 'claims_narrowed', 'call_out_group', 'claim_named', 'pledge_seat_back', 'pledge_ended', "
    "'list_published', 'order_sent', 'order_due', 'order_overdue', 'order_reported', 'order_returned', "
    "'order_accepted', 'order_cancelled', 'things_in_hand', 'line_ended', 'call_out_lapsed', 'team_called'"
)
KIND, FORMER_KIND = "kind_ad72f4", "kind_7bef74"


def upgrade() -> None:
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(f"ck_message_{KIND}"), "message", f"kind IN ({KINDS}, 'claim_cannot')")
    op.drop_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind = 'claim_cannot'")
    op.create_check_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", f"kind IN ({KINDS})")
    op.drop_constraint(op.f(f"ck_message_{KIND}"), "message", type_="check")
