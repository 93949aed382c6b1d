"""Give areas rules of how many people their grids must have."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "strength_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("volunteers", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("effective_from >= created_at", name=op.f("ck_strength_rule_not_in_the_past")),
        sa.CheckConstraint("members BETWEEN 0 AND 10000", name=op.f("ck_strength_rule_members_range")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_strength_rule_version_positive")),
        sa.CheckConstraint("volunteers BETWEEN 0 AND 10000", name=op.f("ck_strength_rule_volunteers_range")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_strength_rule_area_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_strength_rule_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strength_rule")),
    )
    op.create_index("uq_strength_rule_area_id_version", "strength_rule", ["area_id", "version"], unique=True)
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON strength_rule "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON strength_rule EXECUTE FUNCTION refuse_change()")
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON strength_rule "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )


def downgrade() -> None:
    op.drop_table("strength_rule")
