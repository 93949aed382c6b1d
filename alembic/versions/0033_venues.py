"""Give areas venues: stations, service centres, contact points."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "venue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "party_station",
                "service_centre",
                "contact_point",
                "other",
                name="kind_eba1ab",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("vicinity", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("telephone", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column(
            "opening_hours", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(opening_hours) = 'array'", name=op.f("ck_venue_opening_hours_form")),
        sa.CheckConstraint("kind <> 'contact_point' OR telephone IS NULL", name=op.f("ck_venue_telephone_of_a_venue")),
        sa.CheckConstraint("telephone ~ '^[0-9-]{3,20}$'", name=op.f("ck_venue_telephone_form")),
        sa.CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_venue_location_whole")),
        sa.CheckConstraint("char_length(address) BETWEEN 1 AND 100", name=op.f("ck_venue_address_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 30", name=op.f("ck_venue_name_length")),
        sa.CheckConstraint("char_length(note) BETWEEN 1 AND 500", name=op.f("ck_venue_note_length")),
        sa.CheckConstraint("char_length(vicinity) BETWEEN 1 AND 100", name=op.f("ck_venue_vicinity_length")),
        sa.CheckConstraint(
            "longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90", name=op.f("ck_venue_location_range")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_venue_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
    )
    op.create_index(
        "ix_venue_area_id_id", "venue", ["area_id", "id"], unique=False, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index(
        "ix_venue_near",
        "venue",
        ["latitude", "longitude"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND latitude IS NOT NULL"),
    )
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON venue "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )


def downgrade() -> None:
    op.drop_index(
        "ix_venue_near", table_name="venue", postgresql_where=sa.text("closed_at IS NULL AND latitude IS NOT NULL")
    )
    op.drop_index("ix_venue_area_id_id", table_name="venue", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("venue")
