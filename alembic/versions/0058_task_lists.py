"""Let communities publish monthly lists of tasks, whose items open all at once."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

TASK_KINDS = "'wish', 'complaint', 'activity', 'patrol', 'pairing', 'emergency'"
MESSAGE_KINDS = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', "
    "'claim_called_off', 'claim_moved_up', 'claim_due', 'claim_lapsed', 'claims_narrowed', 'call_out_group', "
    "'claim_named', 'pledge_seat_back', 'pledge_ended'"
)
CHECKS = {
    "list_of_kind": "(kind = 'listed') = (list_id IS NOT NULL)",
    "item_of_list": "(item_number IS NULL AND passed_at IS NULL OR list_id IS NOT NULL) AND item_number > 0",
}


def upgrade() -> None:
    op.create_table(
        "task_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("copied_from_id", sa.Uuid(), nullable=True),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'closed', 'cancelled')", name=op.f("ck_task_list_status_cf0c97")
        ),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_task_list_month_first_day")),
        sa.CheckConstraint("number > 0", name=op.f("ck_task_list_number_positive")),
        sa.CheckConstraint(
            "status NOT IN ('published', 'closed') OR published_at IS NOT NULL",
            name=op.f("ck_task_list_published_when"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_task_list_area_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_task_list_author_id")),
        sa.ForeignKeyConstraint(["copied_from_id"], ["task_list.id"], name=op.f("fk_task_list_copied_from_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_list")),
        sa.UniqueConstraint("area_id", "number", name=op.f("uq_task_list_area_id_number")),
    )
    op.create_index("ix_task_list_area_id_id", "task_list", ["area_id", "id"], unique=False)
    op.create_index("ix_task_list_area_id_month", "task_list", ["area_id", "month"], unique=False)
    op.create_index(
        "ix_task_list_published",
        "task_list",
        ["month"],
        unique=False,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index(
        "uq_task_list_copied_from_id",
        "task_list",
        ["copied_from_id"],
        unique=True,
        postgresql_where=sa.text("copied_from_id IS NOT NULL AND status <> 'cancelled'"),
    )
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON task_list "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )
    op.add_column("task", sa.Column("list_id", sa.Uuid(), nullable=True))
    op.add_column("task", sa.Column("item_number", sa.SmallInteger(), nullable=True))
    op.add_column("task", sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_task_list_id"), "task", "task_list", ["list_id"], ["id"])
    op.create_index(
        "uq_task_list_id_item_number",
        "task",
        ["list_id", "item_number"],
        unique=True,
        postgresql_where=sa.text("list_id IS NOT NULL"),
    )
    # The new checks before the old ones go: at no moment is anything else let in.
    op.create_check_constraint(op.f("ck_task_kind_067e93"), "task", f"kind IN ({TASK_KINDS}, 'listed')")
    op.drop_constraint(op.f("ck_task_kind_bad91b"), "task", type_="check")
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_task_{name}"), "task", rule)
    op.create_check_constraint(
        op.f("ck_message_kind_14b17a"), "message", f"kind IN ({MESSAGE_KINDS}, 'list_published')"
    )
    op.drop_constraint(op.f("ck_message_kind_6cf478"), "message", type_="check")


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE kind = 'list_published'")
    op.create_check_constraint(op.f("ck_message_kind_6cf478"), "message", f"kind IN ({MESSAGE_KINDS})")
    op.drop_constraint(op.f("ck_message_kind_14b17a"), "message", type_="check")
    for name in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_task_{name}"), "task", type_="check")
    op.create_check_constraint(op.f("ck_task_kind_bad91b"), "task", f"kind IN ({TASK_KINDS})")
    op.drop_constraint(op.f("ck_task_kind_067e93"), "task", type_="check")
    op.drop_index("uq_task_list_id_item_number", table_name="task")
    op.drop_constraint(op.f("fk_task_list_id"), "task", type_="foreignkey")
    for column in ("passed_at", "item_number", "list_id"):
        op.drop_column("task", column)
    op.drop_table("task_list")
