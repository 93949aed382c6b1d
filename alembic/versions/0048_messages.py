"""Keep what people are told in the app, and whether they have read it."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("claim_called_off", name="kind_d20ee9", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("subject_kind", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(body) BETWEEN 1 AND 300", name=op.f("ck_message_body_length")),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 40", name=op.f("ck_message_title_length")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_message_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(
        "ix_message_unread", "message", ["user_id", "id"], unique=False, postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_index("ix_message_user_id_id", "message", ["user_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_message_user_id_id", table_name="message")
    op.drop_index("ix_message_unread", table_name="message", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_table("message")
