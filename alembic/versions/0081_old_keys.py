"""Find old idempotency keys without reading them all: the sweep was one statement that a full table would have ended."""

from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_idempotency_key_created_at", "idempotency_key")
