"""Let shops stand on an office's list before their owners have logged in."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("merchant", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_merchant_person_id"), "merchant", "person", ["person_id"], ["id"])
    op.create_index(op.f("ix_merchant_person_id"), "merchant", ["person_id"], unique=False)
    op.alter_column("merchant", "owner_id", existing_type=sa.Uuid(), nullable=True)
    op.create_check_constraint(
        op.f("ck_merchant_owner_known"), "merchant", "owner_id IS NOT NULL OR person_id IS NOT NULL"
    )


def downgrade() -> None:
    # A shop that nobody owns yet has neither offers nor vouchers, but an account of its own, whose points are none.
    op.execute("DELETE FROM merchant WHERE owner_id IS NULL")
    op.drop_constraint(op.f("ck_merchant_owner_known"), "merchant", type_="check")
    op.alter_column("merchant", "owner_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_index(op.f("ix_merchant_person_id"), table_name="merchant")
    op.drop_constraint(op.f("fk_merchant_person_id"), "merchant", type_="foreignkey")
    op.drop_column("merchant", "person_id")
