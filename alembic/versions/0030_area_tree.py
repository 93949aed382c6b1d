"""Keep the tree of areas right whoever changes it, close areas without deleting them, and remember what they were."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

KINDS = ("district", "street", "community", "grid", "post")
ONLY_OPEN = sa.text("closed_at IS NULL")

# Nothing kept district names apart so far: of several roots with one name the later ones get a number.
NUMBER_ROOTS = """
    UPDATE area SET name = left(area.name, 45) || '（' || same.number || '）'
    FROM (
        SELECT id, row_number() OVER (PARTITION BY name ORDER BY id) AS number FROM area WHERE parent_id IS NULL
    ) AS same
    WHERE same.id = area.id AND same.number > 1
"""
REMEMBER = """
    INSERT INTO area_period (area_id, since, parent_id, kind, name, code, lineage)
    SELECT id, created_at, parent_id, kind, name, code, lineage FROM area
"""
# A change is dated by the clock once the row is locked; two within one microsecond count as one after the other.
RECORD_PERIOD = """
    CREATE FUNCTION record_area_period() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        begun timestamptz;
        moment timestamptz;
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO area_period (area_id, since, until, parent_id, kind, name, code, lineage)
            VALUES (NEW.id, NEW.created_at, NEW.closed_at, NEW.parent_id, NEW.kind, NEW.name, NEW.code, NEW.lineage);
            RETURN NULL;
        END IF;
        SELECT since INTO begun FROM area_period WHERE area_id = NEW.id AND until IS NULL;
        moment := greatest(coalesce(NEW.closed_at, clock_timestamp()), begun + interval '1 microsecond');
        UPDATE area_period SET until = moment WHERE area_id = NEW.id AND until IS NULL;
        IF NEW.closed_at IS NULL THEN
            INSERT INTO area_period (area_id, since, parent_id, kind, name, code, lineage)
            VALUES (NEW.id, moment, NEW.parent_id, NEW.kind, NEW.name, NEW.code, NEW.lineage);
        END IF;
        RETURN NULL;
    END
    $$
"""
# The lock is the one that the foreign key takes anyway: whoever closes the area waits for this row, or this row for
# whoever closes it, and then sees that it is closed.
REQUIRE_OPEN = """
    CREATE FUNCTION require_open_area() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        wanted uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
        closed timestamptz;
    BEGIN
        SELECT closed_at INTO closed FROM area WHERE id = wanted FOR KEY SHARE;
        IF closed IS NOT NULL THEN
            RAISE EXCEPTION 'area % is closed', wanted
                USING ERRCODE = 'check_violation', CONSTRAINT = 'area_open', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END
    $$
"""
# An UPDATE alone would not wait for those who are just putting something into the area; this lock does.
CLOSE = """
    CREATE FUNCTION close_area() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'area % stays closed', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        PERFORM FROM area WHERE id = NEW.id FOR UPDATE;
        IF EXISTS (SELECT FROM area WHERE parent_id = NEW.id AND closed_at IS NULL) THEN
            RAISE EXCEPTION 'open areas lie below area %', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END
    $$
"""
TRIGGERS = {
    "remember_new": "AFTER INSERT ON area FOR EACH ROW EXECUTE FUNCTION record_area_period()",
    "remember": """
        AFTER UPDATE ON area FOR EACH ROW WHEN (
            OLD.closed_at IS NULL AND (OLD.parent_id, OLD.kind, OLD.name, OLD.code, OLD.lineage, OLD.closed_at)
            IS DISTINCT FROM (NEW.parent_id, NEW.kind, NEW.name, NEW.code, NEW.lineage, NEW.closed_at)
        ) EXECUTE FUNCTION record_area_period()
    """,
    "close": """
        BEFORE UPDATE ON area FOR EACH ROW WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at)
        EXECUTE FUNCTION close_area()
    """,
}
OPEN_ONLY = {
    "area": ("parent_id",),
    "area_shape": ("area_id",),
    "unit": ("area_id",),
    "member": ("home_area_id",),
    "volunteer": ("home_area_id",),
    "identification": ("home_area_id",),
    "grant": ("area_id",),
    "points_policy": ("area_id",),
    "handling_rule": ("area_id",),
    "api_key": ("area_id",),
    "wish": ("area_id",),
    "task": ("area_id",),
    "complaint": ("area_id", "handler_id"),
    "joint_case": ("area_id",),
    "merchant": ("area_id",),
    "offer": ("area_id",),
    "adjustment": ("area_id",),
    "donation": ("area_id",),
    "post": ("area_id",),
    "circle": ("area_id",),
    "circle_area": ("area_id",),
}
"""Nothing new of these comes into a closed area."""
BUT = {"adjustment": "WHEN (NEW.kind <> 'award_reversal') "}
"""What a service of long ago brought can still prove false."""


def upgrade() -> None:
    op.add_column("area", sa.Column("code", sa.String(18), nullable=True))
    op.add_column("area", sa.Column("households", sa.Integer(), nullable=True))
    op.add_column("area", sa.Column("residents", sa.Integer(), nullable=True))
    op.add_column("area", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "area",
        sa.Column(
            "parent_lineage",
            postgresql.ARRAY(sa.Uuid()),
            sa.Computed("trim_array(lineage, 1)", persisted=True),
            nullable=True,
        ),
    )
    op.create_check_constraint(op.f("ck_area_code_form"), "area", "code ~ '^[0-9]{6,18}$'")
    op.create_check_constraint(op.f("ck_area_households_counted"), "area", "households >= 0")
    op.create_check_constraint(op.f("ck_area_residents_counted"), "area", "residents >= 0")
    op.create_check_constraint(op.f("ck_area_depth_range"), "area", "cardinality(lineage) <= 16")
    op.create_check_constraint(
        op.f("ck_area_lineage_of_root"), "area", "(parent_id IS NULL) = (cardinality(lineage) = 1)"
    )
    op.create_unique_constraint(op.f("uq_area_id_lineage"), "area", ["id", "lineage"])
    op.create_index("ix_area_parent_id_id", "area", ["parent_id", "id"], unique=False)
    op.create_foreign_key(
        op.f("fk_area_parent_id_parent_lineage"),
        "area",
        "area",
        ["parent_id", "parent_lineage"],
        ["id", "lineage"],
    )
    op.drop_constraint(op.f("ck_area_lineage_follows_parent"), "area")
    op.execute(NUMBER_ROOTS)
    op.create_index(
        "uq_area_name_open",
        "area",
        ["parent_id", "name"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=ONLY_OPEN,
    )
    op.create_index("uq_area_code_open", "area", ["code"], unique=True, postgresql_where=ONLY_OPEN)
    op.drop_constraint(op.f("uq_area_parent_id_name"), "area", type_="unique")
    op.create_table(
        "area_period",
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind_587165", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("code", sa.String(18), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.CheckConstraint("until > since", name=op.f("ck_area_period_until_after_since")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_period_area_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_period_parent_id")),
        sa.PrimaryKeyConstraint("area_id", "since", name=op.f("pk_area_period")),
    )
    op.create_index(
        "uq_area_period_now", "area_period", ["area_id"], unique=True, postgresql_where=sa.text("until IS NULL")
    )
    op.create_index("ix_area_period_parent_id_area_id", "area_period", ["parent_id", "area_id"], unique=False)
    op.execute(REMEMBER)
    for function in (RECORD_PERIOD, REQUIRE_OPEN, CLOSE):
        op.execute(function)
    for name, trigger in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {trigger}")
    for table, columns in OPEN_ONLY.items():
        for column in columns:
            op.execute(
                f'CREATE TRIGGER require_open_{column} BEFORE INSERT OR UPDATE OF {column} ON "{table}" '
                f"FOR EACH ROW {BUT.get(table, '')}EXECUTE FUNCTION require_open_area('{column}')"
            )


def downgrade() -> None:
    for table, columns in OPEN_ONLY.items():
        for column in columns:
            op.execute(f'DROP TRIGGER require_open_{column} ON "{table}"')
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON area")
    for function in ("record_area_period", "require_open_area", "close_area"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("area_period")
    # Of a closed and an open area with one name below one parent, only one can be kept under it.
    op.execute("UPDATE area SET name = left(name, 13) || ' ' || id WHERE closed_at IS NOT NULL")
    op.create_unique_constraint(op.f("uq_area_parent_id_name"), "area", ["parent_id", "name"])
    op.drop_index("uq_area_code_open", table_name="area", postgresql_where=ONLY_OPEN)
    op.drop_index("uq_area_name_open", table_name="area", postgresql_where=ONLY_OPEN)
    op.create_check_constraint(
        op.f("ck_area_lineage_follows_parent"),
        "area",
        "(parent_id IS NULL AND cardinality(lineage) = 1) OR lineage[cardinality(lineage) - 1] = parent_id",
    )
    op.drop_constraint(op.f("fk_area_parent_id_parent_lineage"), "area", type_="foreignkey")
    op.drop_index("ix_area_parent_id_id", table_name="area")
    op.drop_constraint(op.f("uq_area_id_lineage"), "area", type_="unique")
    for name in ("lineage_of_root", "depth_range", "residents_counted", "households_counted", "code_form"):
        op.drop_constraint(op.f(f"ck_area_{name}"), "area")
    for column in ("parent_lineage", "closed_at", "residents", "households", "code"):
        op.drop_column("area", column)
