"""Let one column of a shop say whether its scans are accepted."""

from alembic import op
from sqlalchemy import Boolean, Column, Computed, text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ACCEPTS_SCANS = "status::text = 'approved'::text OR status::text = 'suspended'::text AND honours_vouchers"


def upgrade() -> None:
    op.add_column("merchant", Column("honours_vouchers", Boolean(), server_default=text("true"), nullable=False))
    op.add_column(
        "merchant", Column("accepts_scans", Boolean(), Computed(ACCEPTS_SCANS, persisted=True), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("merchant", "accepts_scans")
    op.drop_column("merchant", "honours_vouchers")
