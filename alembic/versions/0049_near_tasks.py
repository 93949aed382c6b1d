"""Find tasks near a point and by their words: labels of areas, places on a map in metres, words."""

from textwrap import dedent

import shapely
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

# Metres of the equator of a round earth; of its arguments none may be a pole.
MERCATOR = """
    CREATE FUNCTION mercator(longitude double precision, latitude double precision) RETURNS point
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN point(6371008.8 * radians(longitude), 6371008.8 * ln(tan(radians(45 + latitude / 2))))
"""
LABEL_ALL = """
    UPDATE area_shape SET label_longitude = label.longitude, label_latitude = label.latitude
    FROM unnest(CAST(:ids AS uuid[]), CAST(:longitudes AS float8[]), CAST(:latitudes AS float8[]))
        AS label (area_id, longitude, latitude)
    WHERE area_shape.area_id = label.area_id
"""


def upgrade() -> None:
    op.execute(dedent(MERCATOR))
    op.add_column("area_shape", sa.Column("label_longitude", sa.Double(), nullable=True))
    op.add_column("area_shape", sa.Column("label_latitude", sa.Double(), nullable=True))
    op.create_check_constraint(
        op.f("ck_area_shape_label_whole"), "area_shape", "(label_longitude IS NULL) = (label_latitude IS NULL)"
    )
    label()
    op.create_index(
        "ix_area_shape_label",
        "area_shape",
        [sa.text("mercator(label_longitude, label_latitude)")],
        postgresql_using="gist",
    )
    op.create_index(
        "ix_task_spot",
        "task",
        [sa.text("mercator(longitude::float8, latitude::float8)")],
        postgresql_using="gist",
        postgresql_where=sa.text("status = 'open' AND longitude IS NOT NULL"),
    )
    op.create_index(
        "ix_task_area_id_kind_id_unplaced",
        "task",
        ["area_id", "kind", "id"],
        postgresql_where=sa.text("status = 'open' AND longitude IS NULL"),
    )
    op.create_table(
        "task_text",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("tokens", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("cardinality(tokens) <= 160", name=op.f("ck_task_text_tokens_count")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_text_task_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_task_text")),
    )
    op.create_index("ix_task_text_tokens", "task_text", ["tokens"], postgresql_using="gin")


def label() -> None:
    """Give every shape that there is its label."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT area_id, geometry::text AS geometry FROM area_shape")).all()
    points = [shapely.point_on_surface(shapely.from_geojson(row.geometry)) for row in rows]
    told = {
        "ids": [row.area_id for row in rows],
        "longitudes": [point.x for point in points],
        "latitudes": [point.y for point in points],
    }
    connection.execute(sa.text(LABEL_ALL), told)


def downgrade() -> None:
    op.drop_table("task_text")
    for table, index in (
        ("task", "ix_task_area_id_kind_id_unplaced"),
        ("task", "ix_task_spot"),
        ("area_shape", "ix_area_shape_label"),
    ):
        op.drop_index(index, table_name=table)
    op.drop_constraint(op.f("ck_area_shape_label_whole"), "area_shape", type_="check")
    op.drop_column("area_shape", "label_latitude")
    op.drop_column("area_shape", "label_longitude")
    op.execute("DROP FUNCTION mercator(double precision, double precision)")
