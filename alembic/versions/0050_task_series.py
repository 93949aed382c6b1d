"""Let staff post series of tasks, each occurrence of which is a task of its own."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

CHECKS = {
    "occurrence_of_series": "(series_id IS NULL) = (occurrence IS NULL)",
    "detached_from_series": "NOT is_detached OR series_id IS NOT NULL",
}


def upgrade() -> None:
    op.create_table(
        "task_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("activity", "patrol", name="kind_60fbc1", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("min_people", sa.SmallInteger(), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("length_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("skips_holidays", sa.Boolean(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("made_until", sa.Date(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'open', 'ended')", name=op.f("ck_task_series_status_6f738d")),
        sa.CheckConstraint("seats BETWEEN 1 AND 1000", name=op.f("ck_task_series_seats_range")),
        sa.CheckConstraint("min_people BETWEEN 1 AND seats", name=op.f("ck_task_series_min_people_range")),
        sa.CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name=op.f("ck_task_series_body_length")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_task_series_minutes_range")),
        sa.CheckConstraint("cardinality(skills) <= 5", name=op.f("ck_task_series_skills_few")),
        sa.CheckConstraint("char_length(place) BETWEEN 1 AND 100", name=op.f("ck_task_series_place_length")),
        sa.CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_task_series_location_whole")),
        sa.CheckConstraint(
            "longitude BETWEEN -180 AND 180 AND latitude BETWEEN -85 AND 85",
            name=op.f("ck_task_series_location_range"),
        ),
        sa.CheckConstraint("length_minutes BETWEEN 1 AND 1440", name=op.f("ck_task_series_length_minutes_range")),
        sa.CheckConstraint(
            "last_on >= begins_on AND last_on <= begins_on + 731", name=op.f("ck_task_series_last_on_range")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_task_series_area_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_task_series_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_series")),
    )
    op.create_index("ix_task_series_area_id_id", "task_series", ["area_id", "id"], unique=False)
    op.create_index(
        "ix_task_series_open", "task_series", ["made_until"], unique=False, postgresql_where=sa.text("status = 'open'")
    )
    op.create_index(
        "ix_task_series_live", "task_series", ["last_on"], unique=False, postgresql_where=sa.text("status <> 'ended'")
    )
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON task_series "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )
    op.add_column("task", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.add_column("task", sa.Column("occurrence", sa.Date(), nullable=True))
    op.add_column("task", sa.Column("is_detached", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_task_{name}"), "task", rule)
    op.create_foreign_key(op.f("fk_task_series_id"), "task", "task_series", ["series_id"], ["id"])
    op.create_index(
        "uq_task_series_id_occurrence",
        "task",
        ["series_id", "occurrence"],
        unique=True,
        postgresql_where=sa.text("series_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_task_series_id_occurrence", table_name="task")
    op.drop_constraint(op.f("fk_task_series_id"), "task")
    for name in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_task_{name}"), "task")
    for column in ("is_detached", "occurrence", "series_id"):
        op.drop_column("task", column)
    op.drop_table("task_series")
