"""Give areas shapes, so that a point can be told its grid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "area_shape",
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("geometry", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "geometry ->> 'type' IN ('Polygon', 'MultiPolygon')", name=op.f("ck_area_shape_geometry_form")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_area_shape_version_positive")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_shape_area_id")),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_area_shape")),
    )


def downgrade() -> None:
    op.drop_table("area_shape")
