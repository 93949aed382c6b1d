"""Let clerks join by an owner's code, and count wrong tries."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clerk_invite",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("octet_length(code_fingerprint) = 32", name=op.f("ck_clerk_invite_code_fingerprint_length")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_clerk_invite_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("pk_clerk_invite")),
    )
    op.create_table(
        "failed_try",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("failed_at", sa.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('clerk_invite', 'voucher_code')", name=op.f("ck_failed_try_purpose_929b58")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_failed_try_user_id")),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("pk_failed_try")),
    )


def downgrade() -> None:
    op.drop_table("failed_try")
    op.drop_table("clerk_invite")
