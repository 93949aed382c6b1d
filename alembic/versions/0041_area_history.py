"""Find what hung below an area on a day."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_area_period_lineage", "area_period", ["lineage"], unique=False, postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_area_period_lineage", table_name="area_period", postgresql_using="gin")
