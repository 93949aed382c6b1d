"""Keep what WeChat pushes."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("trace_id", sa.String(length=128), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=64), nullable=True),
        sa.CheckConstraint("octet_length(fingerprint) = 32", name=op.f("ck_push_event_fingerprint_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_event")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_push_event_fingerprint")),
    )
    op.create_index(
        "ix_push_event_waiting", "push_event", ["due_at"], postgresql_where=sa.text("done_at IS NULL"), unique=False
    )
    op.create_index(
        "ix_push_event_trace_id",
        "push_event",
        ["trace_id"],
        postgresql_where=sa.text("done_at IS NULL"),
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("push_event")
