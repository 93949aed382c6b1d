"""Give units a part in complaints, and people who act for them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("instructions", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("NOT is_told OR status = 'answered'", name=op.f("ck_complaint_step_told_when_answered")),
        sa.CheckConstraint(
            "status <> 'answered' OR answer IS NOT NULL", name=op.f("ck_complaint_step_answered_with_words")
        ),
        sa.CheckConstraint(
            "status IN ('assigned', 'answered', 'cancelled')", name=op.f("ck_complaint_step_status_648e7b")
        ),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_complaint_step_answer_dated")),
        sa.CheckConstraint("(answer IS NULL) = (answered_by IS NULL)", name=op.f("ck_complaint_step_answer_given_by")),
        sa.CheckConstraint("char_length(answer) BETWEEN 1 AND 1000", name=op.f("ck_complaint_step_answer_length")),
        sa.CheckConstraint(
            "char_length(instructions) BETWEEN 1 AND 500", name=op.f("ck_complaint_step_instructions_length")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["user.id"], name=op.f("fk_complaint_step_answered_by")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_step_complaint_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_complaint_step_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_step")),
    )
    op.create_index("ix_complaint_step_unit_id_status", "complaint_step", ["unit_id", "status"], unique=False)
    op.create_index(
        "uq_complaint_step_lead",
        "complaint_step",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("is_lead AND status <> 'cancelled'"),
    )
    op.create_index(
        "uq_complaint_step_unit",
        "complaint_step",
        ["complaint_id", "unit_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    op.create_table(
        "unit_worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["user.id"], name=op.f("fk_unit_worker_added_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_worker_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_unit_worker_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_worker")),
        sa.UniqueConstraint("user_id", "unit_id", name=op.f("uq_unit_worker_user_id_unit_id")),
    )
    op.create_index("ix_unit_worker_unit_id_id", "unit_worker", ["unit_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_unit_worker_unit_id_id", table_name="unit_worker")
    op.drop_table("unit_worker")
    op.drop_index(
        "uq_complaint_step_unit", table_name="complaint_step", postgresql_where=sa.text("status <> 'cancelled'")
    )
    op.drop_index(
        "uq_complaint_step_lead",
        table_name="complaint_step",
        postgresql_where=sa.text("is_lead AND status <> 'cancelled'"),
    )
    op.drop_index("ix_complaint_step_unit_id_status", table_name="complaint_step")
    op.drop_table("complaint_step")
