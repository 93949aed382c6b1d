"""Keep by which template messages ring, and how many messages of each a user takes."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_template",
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("template_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("is_long_term", sa.Boolean(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_message_template")),
    )
    op.create_table(
        "message_credit",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_message_credit_credits_not_negative")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_message_credit_user_id")),
        sa.PrimaryKeyConstraint("user_id", "template_id", name=op.f("pk_message_credit")),
    )


def downgrade() -> None:
    op.drop_table("message_credit")
    op.drop_table("message_template")
