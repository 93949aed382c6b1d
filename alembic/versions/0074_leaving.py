"""Remember which accounts were closed until nothing of theirs is open."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leaving",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_leaving_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_leaving")),
    )
    op.create_index(
        "ix_leaving_open", "leaving", ["closed_at"], postgresql_where=sa.text("ended_at IS NULL"), unique=False
    )


def downgrade() -> None:
    op.drop_table("leaving")
