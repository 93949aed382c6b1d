"""Put together for the staff of each area every morning what is stuck."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STUCK = ("overdue", "waiting", "unanswered")


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *[sa.Column(stuck, sa.Integer(), nullable=False) for stuck in STUCK],
        *[sa.Column(f"{stuck}_ids", postgresql.ARRAY(sa.Uuid()), nullable=False) for stuck in STUCK],
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *[
            sa.CheckConstraint(f"cardinality({stuck}_ids) <= {stuck}", name=op.f(f"ck_digest_{stuck}_ids_of_so_many"))
            for stuck in STUCK
        ],
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_digest_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("area_id", "day", name=op.f("uq_digest_area_id_day")),
    )
    op.create_index("ix_digest_area_id_id", "digest", ["area_id", "id"])


def downgrade() -> None:
    op.drop_table("digest")
