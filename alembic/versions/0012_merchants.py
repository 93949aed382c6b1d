"""Give shops licences, documents, suspension and an end.

Shops of before have no licence number: nobody asked them, and a made-up one would be a lie.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(
        op.f("ck_merchant_status_bd3fab"),
        "merchant",
        "status IN ('applied', 'approved', 'suspended', 'refused', 'left')",
    )
    op.drop_constraint(op.f("ck_merchant_status_979cd2"), "merchant")
    op.add_column("merchant", sa.Column("licence_number", sa.String(length=18), nullable=True))
    op.add_column("merchant", sa.Column("documents", JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.create_check_constraint(
        op.f("ck_merchant_licence_number_form"), "merchant", "licence_number ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'"
    )
    op.create_check_constraint(
        op.f("ck_merchant_documents_form"),
        "merchant",
        "jsonb_typeof(documents) = 'array' AND jsonb_array_length(documents) <= 10",
    )
    op.create_index(
        "uq_merchant_live_licence",
        "merchant",
        ["licence_number"],
        unique=True,
        postgresql_where=sa.text("status IN ('applied', 'approved', 'suspended')"),
    )
    op.create_index("ix_voucher_merchant_open", "voucher", ["merchant_id"], postgresql_where=sa.text("status = 'held'"))


def downgrade() -> None:
    """Go back, unless a shop is in a state that the older tables do not know: then a constraint refuses."""
    op.drop_index("ix_voucher_merchant_open", table_name="voucher")
    op.drop_index("uq_merchant_live_licence", table_name="merchant")
    for name in ("documents_form", "licence_number_form"):
        op.drop_constraint(op.f(f"ck_merchant_{name}"), "merchant")
    op.drop_column("merchant", "documents")
    op.drop_column("merchant", "licence_number")
    op.create_check_constraint(op.f("ck_merchant_status_979cd2"), "merchant", "status IN ('applied', 'approved')")
    op.drop_constraint(op.f("ck_merchant_status_bd3fab"), "merchant")
