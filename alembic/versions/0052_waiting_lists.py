"""Waiting lists of tasks, reminders of claims, and limits that lapses narrow."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

IS_OPEN_WORK = "status IN ('active', 'returned')"
IS_WAITING = "status = 'waiting'"
KIND, FORMER_KIND = "kind_8be492", "kind_d20ee9"
KINDS = "kind IN ('claim_called_off', 'claim_moved_up', 'claim_due', 'claim_lapsed', 'claims_narrowed')"


def upgrade() -> None:
    op.create_table(
        "waiter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'moved_up', 'left', 'ended')", name=op.f("ck_waiter_status_cf0f29")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_waiter_task_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_waiter_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiter")),
    )
    op.create_index("ix_waiter_task_id_id", "waiter", ["task_id", "id"], postgresql_where=sa.text(IS_WAITING))
    op.create_index("ix_waiter_user_id_id", "waiter", ["user_id", "id"])
    op.create_index(
        "uq_waiter_waiting", "waiter", ["task_id", "user_id"], unique=True, postgresql_where=sa.text(IS_WAITING)
    )
    op.add_column("user", sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("user", sa.Column("narrowed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("claim", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(f"ck_message_{KIND}"), "message", KINDS)
    op.drop_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message")
    # Who claimed before is reminded a day before the end.
    op.execute(f"UPDATE claim SET remind_at = due_at - interval '1 day' WHERE {IS_OPEN_WORK}")
    op.create_index("ix_claim_remind_at", "claim", ["remind_at"], postgresql_where=sa.text(IS_OPEN_WORK))


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind <> 'claim_called_off'")
    op.create_check_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", "kind IN ('claim_called_off')")
    op.drop_constraint(op.f(f"ck_message_{KIND}"), "message")
    op.drop_index("ix_claim_remind_at", table_name="claim")
    op.drop_column("claim", "remind_at")
    op.drop_column("user", "narrowed_until")
    op.drop_column("user", "lapsed_at")
    op.drop_table("waiter")
