"""List the buildings of grids, so that an address finds its grid."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "building",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("terms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_building_location_whole")),
        sa.CheckConstraint("cardinality(terms) > 0", name=op.f("ck_building_terms_there")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 60", name=op.f("ck_building_name_length")),
        sa.CheckConstraint("households >= 0", name=op.f("ck_building_households_counted")),
        sa.CheckConstraint(
            "longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90", name=op.f("ck_building_location_range")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_building_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("area_id", "key", name=op.f("uq_building_area_id_key")),
    )
    op.create_index("ix_building_area_id_id", "building", ["area_id", "id"], unique=False)
    op.create_index("ix_building_terms", "building", ["terms"], unique=False, postgresql_using="gin")
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON building "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )


def downgrade() -> None:
    op.drop_table("building")
