"""Keep what the people of complaints have yet to be told."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint_news",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.CheckConstraint("starts_with(kind, 'own_complaint_')", name=op.f("ck_complaint_news_kind_of_own")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_news_complaint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_news")),
    )
    op.create_index(op.f("ix_complaint_news_complaint_id"), "complaint_news", ["complaint_id"])


def downgrade() -> None:
    op.drop_table("complaint_news")
