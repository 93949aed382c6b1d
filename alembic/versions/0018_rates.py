"""Keep the published counts of complaints, and find the complaints of a month by their events."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

COUNTS = (
    "received", "rejected", "merged", "withdrawn", "overdue", "response_due", "responded", "resolution_due",
    "resolved", "rated", "satisfied",
)  # fmt: skip
CHECKS = {
    "received_positive": "received > 0",
    "counts_not_negative": f"least({', '.join(COUNTS)}) >= 0",
    "counts_within": (
        "rejected + merged + withdrawn <= received AND overdue <= received AND response_due <= received "
        "AND responded <= response_due AND resolution_due <= received AND resolved <= resolution_due "
        "AND rated <= received AND satisfied <= rated"
    ),
}
APPEND_ONLY_TABLES = ("rate_publication", "rate_count")


def upgrade() -> None:
    op.create_table(
        "rate_publication",
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("definitions", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_rate_publication_month_first_day")),
        sa.CheckConstraint("definitions > 0", name=op.f("ck_rate_publication_definitions_positive")),
        sa.CheckConstraint("as_of <= created_at", name=op.f("ck_rate_publication_not_of_the_future")),
        sa.PrimaryKeyConstraint("as_of", "month", name=op.f("pk_rate_publication")),
        sa.UniqueConstraint("month", "as_of", name=op.f("uq_rate_publication_month_as_of")),
    )
    op.create_table(
        "rate_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS],
        *[sa.CheckConstraint(text, name=op.f(f"ck_rate_count_{name}")) for name, text in CHECKS.items()],
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_rate_count_area_id")),
        sa.ForeignKeyConstraint(
            ["as_of", "month"],
            ["rate_publication.as_of", "rate_publication.month"],
            name=op.f("fk_rate_count_as_of_month"),
        ),
        sa.ForeignKeyConstraint(["category"], ["complaint_category.code"], name=op.f("fk_rate_count_category")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_rate_count_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_count")),
        sa.UniqueConstraint(
            "as_of",
            "month",
            "area_id",
            "category",
            "unit_id",
            name="uq_rate_count_group",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_event_complaint_posted",
        "event",
        ["created_at"],
        postgresql_where=sa.text("subject_kind = 'complaint' AND action = 'create'"),
    )
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.drop_index("ix_event_complaint_posted", table_name="event")
    for table in ("rate_count", "rate_publication"):
        op.drop_table(table)
