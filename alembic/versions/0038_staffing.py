"""Give areas rules of how many workers they need."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staffing_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("households_per_grid_worker", sa.Integer(), nullable=True),
        sa.Column("workers_per_10000", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("effective_from >= created_at", name=op.f("ck_staffing_rule_not_in_the_past")),
        sa.CheckConstraint(
            "households_per_grid_worker BETWEEN 1 AND 100000", name=op.f("ck_staffing_rule_households_range")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_staffing_rule_version_positive")),
        sa.CheckConstraint("workers_per_10000 BETWEEN 1 AND 1000", name=op.f("ck_staffing_rule_workers_range")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_staffing_rule_area_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_staffing_rule_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staffing_rule")),
    )
    op.create_index("uq_staffing_rule_area_id_version", "staffing_rule", ["area_id", "version"], unique=True)
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON staffing_rule "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON staffing_rule EXECUTE FUNCTION refuse_change()")
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON staffing_rule "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )


def downgrade() -> None:
    op.drop_table("staffing_rule")
