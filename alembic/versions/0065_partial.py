"""Keep how much of a delivery was done, and tell residents that the rest of their wish is open."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

KINDS = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', 'claim_called_off', 'claim_moved_up', 'claim_due', "
    "'claim_lapsed', 'claims_narrowed', 'call_out_group', 'claim_named', 'pledge_seat_back', 'pledge_ended', "
    "'list_published', 'order_sent', 'order_due', 'order_overdue', 'order_reported', 'order_returned', "
    "'order_accepted', 'order_cancelled', 'things_in_hand', 'line_ended', 'call_out_lapsed', 'team_called', "
    "'claim_cannot'"
)
KIND, FORMER_KIND = "kind_5ddc1f", "kind_ad72f4"


def upgrade() -> None:
    op.add_column("claim", sa.Column("done_percent", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_claim_done_percent_range"), "claim", "done_percent BETWEEN 1 AND 99")
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(f"ck_message_{KIND}"), "message", f"kind IN ({KINDS}, 'wish_part_done')")
    op.drop_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind = 'wish_part_done'")
    op.create_check_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", f"kind IN ({KINDS})")
    op.drop_constraint(op.f(f"ck_message_{KIND}"), "message", type_="check")
    op.drop_column("claim", "done_percent")
