"""Keep of each scan what it was judged by, and give vouchers a handle to be typed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The reference to the voucher makes the database draw anew for each row.
NAME_VOUCHERS = """
    UPDATE voucher SET handle = (
        SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + floor(random() * 32)::int, 1), '')
        FROM generate_series(1, 4) WHERE voucher.id IS NOT NULL
    )
"""
TELL_SCANS = """
    UPDATE redemption SET step = floor(extract(epoch FROM settled_at) / 30), is_typed = false, scanned_at = settled_at
"""


def upgrade() -> None:
    op.add_column("voucher", sa.Column("handle", sa.String(length=4), nullable=True))
    op.execute(NAME_VOUCHERS)
    op.alter_column("voucher", "handle", nullable=False)
    op.create_check_constraint(op.f("ck_voucher_handle_form"), "voucher", "handle ~ '^[0-9A-HJKMNP-TV-Z]{4}$'")
    op.create_index("ix_voucher_merchant_id_handle", "voucher", ["merchant_id", "handle"])

    columns = {
        "step": sa.BigInteger(),
        "is_typed": sa.Boolean(),
        "scanned_at": sa.DateTime(timezone=True),
    }
    for name, kind in columns.items():
        op.add_column("redemption", sa.Column(name, kind, nullable=True))
    op.add_column("redemption", sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(TELL_SCANS)
    for name in columns:
        op.alter_column("redemption", name, nullable=False)
    op.create_check_constraint(
        op.f("ck_redemption_times_in_order"), "redemption", "scanned_at <= settled_at AND reversed_at >= settled_at"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_redemption_times_in_order"), "redemption")
    for name in ("reversed_at", "scanned_at", "is_typed", "step"):
        op.drop_column("redemption", name)
    op.drop_index("ix_voucher_merchant_id_handle", table_name="voucher")
    op.drop_constraint(op.f("ck_voucher_handle_form"), "voucher")
    op.drop_column("voucher", "handle")
