"""Let complaints of the same topic in the same place make a joint case."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "joint_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_joint_case_status_be2a08")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_joint_case_area_id")),
        sa.ForeignKeyConstraint(["category"], ["complaint_category.code"], name=op.f("fk_joint_case_category")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_case")),
    )
    op.create_index("ix_joint_case_area_id_id", "joint_case", ["area_id", "id"], unique=False)
    op.create_index(
        "uq_joint_case_open",
        "joint_case",
        ["area_id", "category"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.add_column("complaint", sa.Column("case_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_complaint_case_id"), "complaint", "joint_case", ["case_id"], ["id"])
    op.create_index(
        "ix_complaint_case_id_id",
        "complaint",
        ["case_id", "id"],
        unique=False,
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index("ix_complaint_opened", "complaint", ["area_id", "category", "opened_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_complaint_opened", table_name="complaint")
    op.drop_index("ix_complaint_case_id_id", table_name="complaint", postgresql_where=sa.text("case_id IS NOT NULL"))
    op.drop_constraint(op.f("fk_complaint_case_id"), "complaint", type_="foreignkey")
    op.drop_column("complaint", "case_id")
    op.drop_table("joint_case")
