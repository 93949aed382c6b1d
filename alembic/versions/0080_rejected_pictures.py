"""Find pictures that were rejected long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_media_rejected", "media", ["id"], postgresql_where=sa.text("status = 'rejected' AND subject_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_media_rejected", table_name="media")
