"""Let staff post tasks: activities, patrols and pairings, with windows, places and what they need."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

KIND, FORMER_KIND = "kind_f64d9a", "kind_a1d3f3"
CHECKS = {
    "minutes_range": "minutes BETWEEN 1 AND 1440",
    "skills_few": "cardinality(skills) <= 5",
    "place_length": "char_length(place) BETWEEN 1 AND 100",
    "location_whole": "(longitude IS NULL) = (latitude IS NULL)",
    "location_range": "longitude BETWEEN -180 AND 180 AND latitude BETWEEN -85 AND 85",
    "window_order": "(starts_at IS NULL) = (ends_at IS NULL) AND ends_at > starts_at",
    "claim_until_in_window": "claim_until <= ends_at",
    "min_people_range": "min_people BETWEEN 1 AND seats",
    "min_people_by_when": "min_people = 1 OR claim_until IS NOT NULL",
}


def upgrade() -> None:
    op.add_column("task", sa.Column("minutes", sa.SmallInteger(), nullable=True))
    op.add_column(
        "task",
        sa.Column("skills", postgresql.ARRAY(sa.String(length=20)), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("task", sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True))
    op.add_column("task", sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True))
    op.add_column("task", sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True))
    op.add_column("task", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("claim_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("min_people", sa.SmallInteger(), server_default=sa.text("1"), nullable=False))
    # The new check before the old one goes: at no moment is anything else let in.
    kinds = "kind IN ('wish', 'complaint', 'activity', 'patrol', 'pairing')"
    op.create_check_constraint(op.f(f"ck_task_{KIND}"), "task", kinds)
    op.drop_constraint(op.f(f"ck_task_{FORMER_KIND}"), "task")
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_task_{name}"), "task", rule)
    op.create_index("ix_task_claim_until", "task", ["claim_until"], postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    op.drop_index("ix_task_claim_until", table_name="task")
    for name in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_task_{name}"), "task")
    op.create_check_constraint(op.f(f"ck_task_{FORMER_KIND}"), "task", "kind IN ('wish', 'complaint')")
    op.drop_constraint(op.f(f"ck_task_{KIND}"), "task")
    for column in (
        "min_people",
        "claim_until",
        "ends_at",
        "starts_at",
        "latitude",
        "longitude",
        "place",
        "skills",
        "minutes",
    ):
        op.drop_column("task", column)
