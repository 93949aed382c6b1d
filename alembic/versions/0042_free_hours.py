"""Volunteers say what they do for a living and when in the week they are free."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("volunteer", sa.Column("profession", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=True))
    op.add_column(
        "volunteer",
        sa.Column("free_hours", postgresql.INT4MULTIRANGE(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_volunteer_profession_length"), "volunteer", "char_length(profession) BETWEEN 1 AND 30"
    )
    op.create_check_constraint(
        op.f("ck_volunteer_free_hours_of_a_week"), "volunteer", "free_hours <@ int4range(0, 10080)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_volunteer_free_hours_of_a_week"), "volunteer", type_="check")
    op.drop_constraint(op.f("ck_volunteer_profession_length"), "volunteer", type_="check")
    op.drop_column("volunteer", "free_hours")
    op.drop_column("volunteer", "profession")
