"""Keep what is to ring a phone beside a message in the app, and what became of it."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

STATES = "'waiting', 'sending', 'sent', 'refused', 'failed', 'unknown', 'expired'"


def upgrade() -> None:
    op.create_table(
        "ring",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("msgid", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"status IN ({STATES})", name=op.f("ck_ring_status_e94179")),
        sa.ForeignKeyConstraint(["id"], ["message.id"], name=op.f("fk_ring_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring")),
    )
    op.create_index("uq_ring_sending", "ring", ["user_id"], unique=True, postgresql_where=sa.text("status = 'sending'"))
    op.create_index(
        "ix_ring_waiting",
        "ring",
        [sa.literal_column("is_urgent DESC"), "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index("ix_ring_msgid", "ring", ["msgid"], unique=False, postgresql_where=sa.text("msgid IS NOT NULL"))


def downgrade() -> None:
    op.drop_table("ring")
