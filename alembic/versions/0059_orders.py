"""Keep orders of streets and districts, and the part that each area below has in one."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

BEFORE = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', "
    "'claim_called_off', 'claim_moved_up', 'claim_due', 'claim_lapsed', 'claims_narrowed', 'call_out_group', "
    "'claim_named', 'pledge_seat_back', 'pledge_ended', 'list_published'"
)
ADDED = (
    "'order_sent', 'order_due', 'order_overdue', 'order_reported', 'order_returned', 'order_accepted', "
    "'order_cancelled'"
)
CHECK_BEFORE, CHECK = "ck_message_kind_14b17a", "ck_message_kind_56d3a0"
IS_OPEN = "status IN ('sent', 'confirmed', 'reported')"


def upgrade() -> None:
    op.create_table(
        "area_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'closed', 'cancelled')", name=op.f("ck_area_order_status_00a44a")),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 60", name=op.f("ck_area_order_title_length")),
        sa.CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name=op.f("ck_area_order_body_length")),
        sa.CheckConstraint("status = 'open' OR ended_at IS NOT NULL", name=op.f("ck_area_order_ended_whole")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_order_area_id")),
        sa.ForeignKeyConstraint(["ordered_by"], ["user.id"], name=op.f("fk_area_order_ordered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_order")),
    )
    op.create_index("ix_area_order_area_id_id", "area_order", ["area_id", "id"], unique=False)
    op.create_index(
        "ix_area_order_remind_at",
        "area_order",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "order_part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=True),
        sa.Column("reported_by", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_for", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('sent', 'confirmed', 'reported', 'accepted', 'cancelled')",
            name=op.f("ck_order_part_status_2ff99a"),
        ),
        sa.CheckConstraint("char_length(report) BETWEEN 1 AND 2000", name=op.f("ck_order_part_report_length")),
        sa.CheckConstraint(
            "char_length(returned_for) BETWEEN 1 AND 500", name=op.f("ck_order_part_returned_for_length")
        ),
        sa.CheckConstraint("(report IS NULL) = (reported_by IS NULL)", name=op.f("ck_order_part_reporter_of_report")),
        sa.CheckConstraint("(report IS NULL) = (reported_at IS NULL)", name=op.f("ck_order_part_report_whole")),
        sa.CheckConstraint(
            "status NOT IN ('reported', 'accepted') OR report IS NOT NULL", name=op.f("ck_order_part_reported")
        ),
        sa.CheckConstraint("accepted_by <> reported_by", name=op.f("ck_order_part_two_people")),
        sa.CheckConstraint("status <> 'accepted' OR accepted_by IS NOT NULL", name=op.f("ck_order_part_accepted")),
        sa.ForeignKeyConstraint(["order_id"], ["area_order.id"], name=op.f("fk_order_part_order_id")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_order_part_area_id")),
        sa.ForeignKeyConstraint(["reported_by"], ["user.id"], name=op.f("fk_order_part_reported_by")),
        sa.ForeignKeyConstraint(["accepted_by"], ["user.id"], name=op.f("fk_order_part_accepted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_part")),
    )
    op.create_index("ix_order_part_order_id_id", "order_part", ["order_id", "id"], unique=False)
    op.create_index("ix_order_part_area_id_id", "order_part", ["area_id", "id"], unique=False)
    op.create_index(
        "uq_order_part_open",
        "order_part",
        ["order_id", "area_id"],
        unique=True,
        postgresql_where=sa.text(IS_OPEN),
    )
    for table in ("area_order", "order_part"):
        op.execute(
            f"CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
        )
    op.add_column("task", sa.Column("order_part_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_task_order_part_id"), "task", "order_part", ["order_part_id"], ["id"])
    op.create_check_constraint(op.f("ck_task_orders_without_drills"), "task", "NOT is_drill OR order_part_id IS NULL")
    op.create_index(
        "ix_task_order_part_id_id",
        "task",
        ["order_part_id", "id"],
        unique=False,
        postgresql_where=sa.text("order_part_id IS NOT NULL"),
    )
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f(CHECK), "message", f"kind IN ({BEFORE}, {ADDED})")
    op.drop_constraint(op.f(CHECK_BEFORE), "message", type_="check")


def downgrade() -> None:
    op.execute(f"DELETE FROM message WHERE kind IN ({ADDED})")
    op.create_check_constraint(op.f(CHECK_BEFORE), "message", f"kind IN ({BEFORE})")
    op.drop_constraint(op.f(CHECK), "message", type_="check")
    op.drop_index("ix_task_order_part_id_id", table_name="task")
    op.drop_constraint(op.f("ck_task_orders_without_drills"), "task", type_="check")
    op.drop_constraint(op.f("fk_task_order_part_id"), "task", type_="foreignkey")
    op.drop_column("task", "order_part_id")
    op.drop_table("order_part")
    op.drop_table("area_order")
