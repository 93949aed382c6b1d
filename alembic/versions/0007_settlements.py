"""Keep the monthly statements of merchants, their lines, and the counter of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settlement_counter",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_number > 0", name=op.f("ck_settlement_counter_last_number_positive")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_settlement_counter")),
    )
    op.create_table(
        "settlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("total_points", sa.BigInteger(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_by", sa.Uuid(), nullable=True),
        sa.Column("payment_document", sa.String(100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'agreed', 'paid')", name=op.f("ck_settlement_status_193d12")),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_settlement_month_first_day")),
        sa.CheckConstraint("total_points >= 0 AND line_count >= 0", name=op.f("ck_settlement_totals_not_negative")),
        sa.CheckConstraint("(agreed_at IS NULL) = (agreed_by IS NULL)", name=op.f("ck_settlement_agreed_wholly")),
        sa.CheckConstraint(
            "(paid_at IS NULL) = (paid_by IS NULL) AND (paid_at IS NULL) = (payment_document IS NULL)",
            name=op.f("ck_settlement_paid_wholly"),
        ),
        sa.CheckConstraint(
            "paid_by IS NULL OR agreed_by IS NULL OR paid_by <> agreed_by", name=op.f("ck_settlement_paid_by_another")
        ),
        sa.CheckConstraint(
            "char_length(payment_document) BETWEEN 1 AND 100", name=op.f("ck_settlement_payment_document_length")
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_settlement_merchant_id")),
        sa.ForeignKeyConstraint(["agreed_by"], ["user.id"], name=op.f("fk_settlement_agreed_by")),
        sa.ForeignKeyConstraint(["paid_by"], ["user.id"], name=op.f("fk_settlement_paid_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint("merchant_id", "month", name=op.f("uq_settlement_merchant_id_month")),
        sa.UniqueConstraint("number", name=op.f("uq_settlement_number")),
    )
    op.create_table(
        "settlement_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("dispute_reason", sa.String(500), nullable=True),
        sa.Column("answer", sa.String(500), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'disputed', 'accepted', 'removed')", name=op.f("ck_settlement_line_status_504868")
        ),
        sa.CheckConstraint("points > 0", name=op.f("ck_settlement_line_points_positive")),
        sa.CheckConstraint(
            "char_length(dispute_reason) BETWEEN 1 AND 500", name=op.f("ck_settlement_line_dispute_reason_length")
        ),
        sa.CheckConstraint("char_length(answer) BETWEEN 1 AND 500", name=op.f("ck_settlement_line_answer_length")),
        sa.ForeignKeyConstraint(["settlement_id"], ["settlement.id"], name=op.f("fk_settlement_line_settlement_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_settlement_line_redemption_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_settlement_line_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_line")),
        sa.UniqueConstraint("redemption_id", name=op.f("uq_settlement_line_redemption_id")),
    )
    op.create_index(
        "ix_settlement_line_settlement_id_redemption_id", "settlement_line", ["settlement_id", "redemption_id"]
    )
    op.create_index(
        "ix_settlement_line_contested",
        "settlement_line",
        ["settlement_id", "status"],
        postgresql_where=sa.text("status IN ('disputed', 'removed')"),
    )
    op.create_index("ix_redemption_merchant_id_settled_at", "redemption", ["merchant_id", "settled_at"])


def downgrade() -> None:
    op.drop_index("ix_redemption_merchant_id_settled_at", table_name="redemption")
    op.drop_table("settlement_line")
    op.drop_table("settlement")
    op.drop_table("settlement_counter")
