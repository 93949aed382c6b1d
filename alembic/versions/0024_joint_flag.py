"""Mark joint complaints, so that a wall looks for units where there are some alone."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("complaint", sa.Column("is_joint", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("UPDATE complaint SET is_joint = true WHERE id IN (SELECT complaint_id FROM complaint_step)")


def downgrade() -> None:
    op.drop_column("complaint", "is_joint")
