"""Keep no time with what users let ring: asked right after a complaint, it would tell whose that is (I9).

A worker of the version before cannot count or spend credits until it is replaced: pushes and rings wait for the next.
"""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("message_credit", "updated_at")


def downgrade() -> None:
    op.add_column(
        "message_credit",
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
