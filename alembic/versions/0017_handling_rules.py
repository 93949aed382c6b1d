"""Give areas rules of who handles complaints and how soon, and deadlines the working days that they are counted in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

URGENCIES = ("critical", "urgent", "ordinary", "hard")
LEVELS = ("district", "street", "community", "grid", "post")
SPAN_UNITS = ("minute", "hour", "working_hour", "working_day")
TABLES = ("calendar_edition", "handling_rule")


def upgrade() -> None:
    op.create_table(
        "calendar_edition",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holidays", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("workdays", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _check("calendar_edition", "year_range", "year BETWEEN 1990 AND 2200"),
        _check("calendar_edition", "source_length", "char_length(source) BETWEEN 1 AND 200"),
        sa.PrimaryKeyConstraint("year", "known_from", name=op.f("pk_calendar_edition")),
    )
    op.create_table(
        "handling_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("category", sa.String(32), nullable=True),
        sa.Column("urgency", _choice(URGENCIES, "urgency_9c227a"), nullable=True),
        sa.Column("level", _choice(LEVELS, "level_587165"), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("sets_urgency", _choice(URGENCIES, "sets_urgency_9c227a"), nullable=True),
        sa.Column("accept_amount", sa.SmallInteger(), nullable=True),
        sa.Column("accept_unit", _choice(SPAN_UNITS, "accept_unit_283ae9"), nullable=True),
        sa.Column("answer_amount", sa.SmallInteger(), nullable=True),
        sa.Column("answer_unit", _choice(SPAN_UNITS, "answer_unit_283ae9"), nullable=True),
        sa.Column("hours", postgresql.JSONB(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _check("handling_rule", "version_positive", "version >= 1"),
        _check("handling_rule", "not_in_the_past", "effective_from >= created_at"),
        _check(
            "handling_rule",
            "sets_urgency_of_category",
            "sets_urgency IS NULL OR (category IS NOT NULL AND urgency IS NULL)",
        ),
        _check("handling_rule", "hours_form", "jsonb_typeof(hours) = 'array'"),
        _check("handling_rule", "accept_amount_range", "accept_amount BETWEEN 1 AND 1000"),
        _check("handling_rule", "answer_amount_range", "answer_amount BETWEEN 1 AND 1000"),
        _check("handling_rule", "accept_whole", "(accept_amount IS NULL) = (accept_unit IS NULL)"),
        _check("handling_rule", "answer_whole", "(answer_amount IS NULL) = (answer_unit IS NULL)"),
        _key("handling_rule", "area_id", "area.id"),
        _key("handling_rule", "category", "complaint_category.code"),
        _key("handling_rule", "unit_id", "unit.id"),
        _key("handling_rule", "created_by", "user.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_rule")),
    )
    op.create_index("uq_handling_rule_area_id_version", "handling_rule", ["area_id", "version"], unique=True)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _choice(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
