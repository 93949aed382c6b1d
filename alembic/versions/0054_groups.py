"""Let those called go in groups, and give call-outs tasks of their own."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

MESSAGES = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', "
    "'claim_called_off', 'claim_moved_up', 'claim_due', 'claim_lapsed', 'claims_narrowed'"
)
TASKS = "'wish', 'complaint', 'activity', 'patrol', 'pairing'"


def upgrade() -> None:
    op.create_table(
        "call_out_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_out_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 20", name=op.f("ck_call_out_group_name_length")),
        sa.ForeignKeyConstraint(["call_out_id"], ["call_out.id"], name=op.f("fk_call_out_group_call_out_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_out_group")),
        sa.UniqueConstraint("call_out_id", "name", name=op.f("uq_call_out_group_call_out_id_name")),
        sa.UniqueConstraint("id", "call_out_id", name=op.f("uq_call_out_group_id_call_out_id")),
    )
    op.add_column("call_out_person", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.add_column(
        "call_out_person", sa.Column("is_leader", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index(
        "ix_call_out_person_group_id_id",
        "call_out_person",
        ["group_id", "id"],
        unique=False,
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.create_index(
        "uq_call_out_person_leader", "call_out_person", ["group_id"], unique=True, postgresql_where=sa.text("is_leader")
    )
    op.create_foreign_key(
        "fk_call_out_person_group_id",
        "call_out_person",
        "call_out_group",
        ["group_id", "call_out_id"],
        ["id", "call_out_id"],
    )
    op.create_check_constraint(
        op.f("ck_call_out_person_leader_of_group"), "call_out_person", "group_id IS NOT NULL OR NOT is_leader"
    )
    # The new checks before the old ones go: at no moment is anything else let in.
    op.create_check_constraint(op.f("ck_message_kind_fd586e"), "message", f"kind IN ({MESSAGES}, 'call_out_group')")
    op.drop_constraint(op.f("ck_message_kind_09f4ca"), "message", type_="check")
    op.create_unique_constraint(op.f("uq_call_out_id_is_drill"), "call_out", ["id", "is_drill"])
    op.add_column("task", sa.Column("call_out_id", sa.Uuid(), nullable=True))
    op.add_column("task", sa.Column("is_drill", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "ix_task_call_out_id_id",
        "task",
        ["call_out_id", "id"],
        unique=False,
        postgresql_where=sa.text("call_out_id IS NOT NULL"),
    )
    op.create_foreign_key("fk_task_call_out_id", "task", "call_out", ["call_out_id", "is_drill"], ["id", "is_drill"])
    op.create_check_constraint(
        op.f("ck_task_call_out_of_kind"), "task", "(kind = 'emergency') = (call_out_id IS NOT NULL)"
    )
    op.create_check_constraint(op.f("ck_task_drill_of_call_out"), "task", "NOT is_drill OR call_out_id IS NOT NULL")
    op.create_check_constraint(op.f("ck_task_kind_bad91b"), "task", f"kind IN ({TASKS}, 'emergency')")
    op.drop_constraint(op.f("ck_task_kind_f64d9a"), "task", type_="check")
    op.create_check_constraint(
        op.f("ck_task_nothing_for_drills"), "task", "NOT is_drill OR (reward_points = 0 AND hourly_points = 0)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_task_nothing_for_drills"), "task", type_="check")
    op.create_check_constraint(op.f("ck_task_kind_f64d9a"), "task", f"kind IN ({TASKS})")
    op.drop_constraint(op.f("ck_task_kind_bad91b"), "task", type_="check")
    op.drop_constraint(op.f("ck_task_drill_of_call_out"), "task", type_="check")
    op.drop_constraint(op.f("ck_task_call_out_of_kind"), "task", type_="check")
    op.drop_constraint("fk_task_call_out_id", "task", type_="foreignkey")
    op.drop_index("ix_task_call_out_id_id", table_name="task", postgresql_where=sa.text("call_out_id IS NOT NULL"))
    op.drop_column("task", "is_drill")
    op.drop_column("task", "call_out_id")
    op.drop_constraint(op.f("uq_call_out_id_is_drill"), "call_out", type_="unique")
    op.execute("DELETE FROM message WHERE kind = 'call_out_group'")
    op.create_check_constraint(op.f("ck_message_kind_09f4ca"), "message", f"kind IN ({MESSAGES})")
    op.drop_constraint(op.f("ck_message_kind_fd586e"), "message", type_="check")
    op.drop_constraint(op.f("ck_call_out_person_leader_of_group"), "call_out_person", type_="check")
    op.drop_constraint("fk_call_out_person_group_id", "call_out_person", type_="foreignkey")
    op.drop_index("uq_call_out_person_leader", table_name="call_out_person", postgresql_where=sa.text("is_leader"))
    op.drop_index(
        "ix_call_out_person_group_id_id", table_name="call_out_person", postgresql_where=sa.text("group_id IS NOT NULL")
    )
    op.drop_column("call_out_person", "is_leader")
    op.drop_column("call_out_person", "group_id")
    op.drop_table("call_out_group")
