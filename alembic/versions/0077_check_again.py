"""Remember when WeChat, too busy to judge, is to be asked once more."""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("content_check", sa.Column("again_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_content_check_again_at", "content_check", ["again_at"], postgresql_where=sa.text("again_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_content_check_again_at", table_name="content_check")
    op.drop_column("content_check", "again_at")
