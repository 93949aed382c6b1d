"""Give things on posters a name that tells nothing of them."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scene_token",
        sa.Column("token", sa.VARCHAR(), nullable=False),
        sa.Column("kind", sa.VARCHAR(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(token) = 22", name=op.f("ck_scene_token_token_length")),
        sa.CheckConstraint(
            "kind IN ('merchant', 'clerk_invite', 'venue', 'task', 'task_list')",
            name=op.f("ck_scene_token_kind_85e8b6"),
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_scene_token")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_scene_token_kind_subject_id")),
    )


def downgrade() -> None:
    op.drop_table("scene_token")
