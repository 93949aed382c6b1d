"""Keep who was there for a claimed task, and count wrong tries of the codes that are shown there."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

PURPOSE, FORMER_PURPOSE = "purpose_cf679a", "purpose_929b58"


def upgrade() -> None:
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("is_by_staff", sa.Boolean(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_end_planned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('present', 'left')", name=op.f("ck_attendance_status_15f331")),
        sa.CheckConstraint("checked_out_at >= checked_in_at", name=op.f("ck_attendance_times_in_order")),
        sa.CheckConstraint("planned_end_at >= checked_in_at", name=op.f("ck_attendance_planned_end_after")),
        sa.CheckConstraint("status <> 'left' OR checked_out_at IS NOT NULL", name=op.f("ck_attendance_left_at_a_time")),
        sa.CheckConstraint(
            "NOT is_end_planned OR checked_out_at = planned_end_at", name=op.f("ck_attendance_end_as_planned")
        ),
        sa.CheckConstraint(
            "distance_m BETWEEN 0 AND 100000 AND distance_m % 100 = 0", name=op.f("ck_attendance_distance_rounded")
        ),
        sa.CheckConstraint("NOT is_by_staff OR distance_m IS NULL", name=op.f("ck_attendance_distance_of_a_phone")),
        sa.ForeignKeyConstraint(["id"], ["claim.id"], name=op.f("fk_attendance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    op.create_index(
        "ix_attendance_planned_end_at",
        "attendance",
        ["planned_end_at"],
        unique=False,
        postgresql_where=sa.text("status = 'present'"),
    )
    # The new check before the old one goes: at no moment is anything else let in.
    purposes = "purpose IN ('clerk_invite', 'voucher_code', 'shown_code')"
    op.create_check_constraint(op.f(f"ck_failed_try_{PURPOSE}"), "failed_try", purposes)
    op.drop_constraint(op.f(f"ck_failed_try_{FORMER_PURPOSE}"), "failed_try", type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM failed_try WHERE purpose = 'shown_code'")
    purposes = "purpose IN ('clerk_invite', 'voucher_code')"
    op.create_check_constraint(op.f(f"ck_failed_try_{FORMER_PURPOSE}"), "failed_try", purposes)
    op.drop_constraint(op.f(f"ck_failed_try_{PURPOSE}"), "failed_try", type_="check")
    op.drop_table("attendance")
