"""Keep which alliances were called to which tasks, and which teams cannot come."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

FORMER_KIND, KIND = "kind_272593", "kind_7bef74"
BEFORE = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', 'claim_called_off', 'claim_moved_up', 'claim_due', "
    "'claim_lapsed', 'claims_narrowed', 'call_out_group', 'claim_named', 'pledge_seat_back', 'pledge_ended', "
    "'list_published', 'order_sent', 'order_due', 'order_overdue', 'order_reported', 'order_returned', "
    "'order_accepted', 'order_cancelled', 'things_in_hand', 'line_ended', 'call_out_lapsed'"
)


def upgrade() -> None:
    op.create_table(
        "task_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("alliance_id", sa.Uuid(), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=False),
        sa.Column("is_by_staff", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["alliance_id"], ["alliance.id"], name=op.f("fk_task_call_alliance_id")),
        sa.ForeignKeyConstraint(["called_by"], ["user.id"], name=op.f("fk_task_call_called_by")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_call_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_call")),
        sa.UniqueConstraint("task_id", "alliance_id", name=op.f("uq_task_call_task_id_alliance_id")),
    )
    op.create_index(op.f("ix_task_call_alliance_id"), "task_call", ["alliance_id"])
    op.create_table(
        "task_call_answer",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(note) BETWEEN 1 AND 500", name=op.f("ck_task_call_answer_note_length")),
        sa.ForeignKeyConstraint(["call_id"], ["task_call.id"], name=op.f("fk_task_call_answer_call_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_task_call_answer_team_id")),
        sa.PrimaryKeyConstraint("call_id", "team_id", name=op.f("pk_task_call_answer")),
    )
    op.create_index(op.f("ix_task_call_answer_team_id"), "task_call_answer", ["team_id"])
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(f"ck_message_{KIND}"), "message", f"kind IN ({BEFORE}, 'team_called')")
    op.drop_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind = 'team_called'")
    op.create_check_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", f"kind IN ({BEFORE})")
    op.drop_constraint(op.f(f"ck_message_{KIND}"), "message", type_="check")
    op.drop_table("task_call_answer")
    op.drop_table("task_call")
