"""Let a complaint become a task, and find deliveries nobody answered to by their own time."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KIND, FORMER_KIND = "kind_a1d3f3", "kind_091e60"


def upgrade() -> None:
    op.add_column("task", sa.Column("complaint_id", sa.Uuid(), nullable=True))
    op.add_column("task", sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=True))
    op.create_foreign_key(op.f("fk_task_complaint_id"), "task", "complaint", ["complaint_id"], ["id"])
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(f"ck_task_{KIND}"), "task", "kind IN ('wish', 'complaint')")
    op.drop_constraint(op.f(f"ck_task_{FORMER_KIND}"), "task")
    op.create_check_constraint(
        op.f("ck_task_complaint_of_kind"), "task", "(kind = 'complaint') = (complaint_id IS NOT NULL)"
    )
    op.create_check_constraint(op.f("ck_task_body_length"), "task", "char_length(body) BETWEEN 1 AND 2000")
    op.create_index(
        "ix_task_complaint_id_id",
        "task",
        ["complaint_id", "id"],
        unique=False,
        postgresql_where=sa.text("complaint_id IS NOT NULL"),
    )
    op.create_index(
        "uq_task_complaint_id_live",
        "task",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("complaint_id IS NOT NULL AND status IN ('draft', 'open')"),
    )
    op.create_index(
        "ix_claim_submitted",
        "claim",
        ["submitted_at"],
        unique=False,
        postgresql_where=sa.text("status = 'submitted'"),
    )
    op.drop_index("ix_wish_silent", table_name="wish", postgresql_where=sa.text("status = 'delivered'"))


def downgrade() -> None:
    op.create_index(
        "ix_wish_silent", "wish", ["delivered_at"], unique=False, postgresql_where=sa.text("status = 'delivered'")
    )
    op.drop_index("ix_claim_submitted", table_name="claim", postgresql_where=sa.text("status = 'submitted'"))
    op.drop_index(
        "uq_task_complaint_id_live",
        table_name="task",
        postgresql_where=sa.text("complaint_id IS NOT NULL AND status IN ('draft', 'open')"),
    )
    op.drop_index("ix_task_complaint_id_id", table_name="task", postgresql_where=sa.text("complaint_id IS NOT NULL"))
    op.drop_constraint(op.f("ck_task_body_length"), "task")
    op.drop_constraint(op.f("ck_task_complaint_of_kind"), "task")
    op.create_check_constraint(op.f(f"ck_task_{FORMER_KIND}"), "task", "kind IN ('wish')")
    op.drop_constraint(op.f(f"ck_task_{KIND}"), "task")
    op.drop_constraint(op.f("fk_task_complaint_id"), "task", type_="foreignkey")
    op.drop_column("task", "body")
    op.drop_column("task", "complaint_id")
