"""Keep the telephone number that somebody's WeChat confirmed, where it can be wiped alone."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_phone",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(phone_hash) = 32", name=op.f("ck_user_phone_phone_hash_length")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_phone_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_phone")),
    )
    op.create_index(op.f("ix_user_phone_phone_hash"), "user_phone", ["phone_hash"])


def downgrade() -> None:
    op.drop_table("user_phone")
