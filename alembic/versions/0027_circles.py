"""Let business circles lie over grids."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "circle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("introduction", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(introduction) BETWEEN 1 AND 500", name=op.f("ck_circle_introduction_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 30", name=op.f("ck_circle_name_length")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_circle_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle")),
    )
    op.create_index(
        "uq_circle_open_name", "circle", ["area_id", "name"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "circle_area",
        sa.Column("circle_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_circle_area_area_id")),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_circle_area_circle_id")),
        sa.PrimaryKeyConstraint("circle_id", "area_id", name=op.f("pk_circle_area")),
    )
    op.create_index(op.f("ix_circle_area_area_id"), "circle_area", ["area_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_circle_area_area_id"), table_name="circle_area")
    op.drop_table("circle_area")
    op.drop_index("uq_circle_open_name", table_name="circle", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("circle")
