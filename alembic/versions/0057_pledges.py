"""Let teams and branches take seats, before single people where a task says so, and name people for them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

IS_HELD = "status = 'held'"
BEFORE = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', "
    "'claim_called_off', 'claim_moved_up', 'claim_due', 'claim_lapsed', 'claims_narrowed', 'call_out_group'"
)
KINDS = f"{BEFORE}, 'claim_named', 'pledge_seat_back', 'pledge_ended'"
FORMER_KIND, KIND = "kind_fd586e", "kind_6cf478"


def upgrade() -> None:
    op.create_table(
        "pledge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("heads", sa.SmallInteger(), nullable=False),
        sa.Column("named", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("name_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('held', 'withdrawn', 'ended')", name=op.f("ck_pledge_status_8c8dff")),
        sa.CheckConstraint("num_nonnulls(team_id, branch_id) = 1", name=op.f("ck_pledge_one_group")),
        sa.CheckConstraint("heads BETWEEN 1 AND 1000", name=op.f("ck_pledge_heads_range")),
        sa.CheckConstraint("named BETWEEN 0 AND heads", name=op.f("ck_pledge_named_range")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_pledge_task_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_pledge_team_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_pledge_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge")),
    )
    for group in ("team", "branch"):
        op.create_index(
            f"uq_pledge_held_by_{group}",
            "pledge",
            ["task_id", f"{group}_id"],
            unique=True,
            postgresql_where=sa.text(IS_HELD),
        )
        op.create_index(
            f"ix_pledge_{group}_id_id",
            "pledge",
            [f"{group}_id", "id"],
            postgresql_where=sa.text(f"{group}_id IS NOT NULL"),
        )
    op.create_index("ix_pledge_task_id_id", "pledge", ["task_id", "id"])
    op.create_index("ix_pledge_name_by", "pledge", ["name_by"], postgresql_where=sa.text(IS_HELD))
    op.add_column("claim", sa.Column("pledge_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_claim_pledge_id"), "claim", "pledge", ["pledge_id"], ["id"])
    op.create_index(
        "ix_claim_pledge_id_id", "claim", ["pledge_id", "id"], postgresql_where=sa.text("pledge_id IS NOT NULL")
    )
    op.add_column("task", sa.Column("groups_until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_task_groups_before_others"), "task", "groups_until <= claim_until")
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(f"ck_message_{KIND}"), "message", f"kind IN ({KINDS})")
    op.drop_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", type_="check")


def downgrade() -> None:
    op.execute(f"DELETE FROM message WHERE kind NOT IN ({BEFORE})")
    op.create_check_constraint(op.f(f"ck_message_{FORMER_KIND}"), "message", f"kind IN ({BEFORE})")
    op.drop_constraint(op.f(f"ck_message_{KIND}"), "message", type_="check")
    op.drop_constraint(op.f("ck_task_groups_before_others"), "task", type_="check")
    op.drop_column("task", "groups_until")
    op.drop_index("ix_claim_pledge_id_id", table_name="claim")
    op.drop_constraint(op.f("fk_claim_pledge_id"), "claim", type_="foreignkey")
    op.drop_column("claim", "pledge_id")
    # Seats for which nobody was named are nobody's without the pledges.
    op.execute(
        "UPDATE task t SET seats_taken = seats_taken - held.seats_left FROM ("
        "SELECT task_id, sum(heads - named) AS seats_left FROM pledge WHERE status = 'held' GROUP BY task_id"
        ") AS held WHERE held.task_id = t.id"
    )
    op.drop_table("pledge")
