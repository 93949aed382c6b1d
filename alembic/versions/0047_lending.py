"""Let grids lend people to one another: plans, their lines and gaps, the people asked, and loans."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

KEEP_LOAN_PERIOD = """
    CREATE FUNCTION keep_loan_period() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        moment timestamptz := NEW.since;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            UPDATE loan_period SET until = greatest(clock_timestamp(), since + interval '1 microsecond')
            WHERE loan_id = NEW.id AND until IS NULL RETURNING until INTO moment;
        END IF;
        INSERT INTO loan_period (loan_id, since, from_area_id, to_area_id)
        VALUES (NEW.id, moment, NEW.from_area_id, NEW.to_area_id);
        RETURN NULL;
    END
    $$
"""


def upgrade() -> None:
    op.create_table(
        "lending_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("max_distance_m", sa.Integer(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('computing', 'ready', 'failed')", name=op.f("ck_lending_plan_status_36260f")),
        sa.CheckConstraint("max_distance_m BETWEEN 1 AND 1000000", name=op.f("ck_lending_plan_max_distance_m_range")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_lending_plan_area_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_lending_plan_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lending_plan")),
    )
    op.create_index("ix_lending_plan_area_id_id", "lending_plan", ["area_id", "id"], unique=False)
    op.create_table(
        "lending_gap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("hat", _hat(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "none_to_spare", "too_far", name="reason_13e377", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.CheckConstraint("people >= 1", name=op.f("ck_lending_gap_people_positive")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_lending_gap_area_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["lending_plan.id"], name=op.f("fk_lending_gap_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lending_gap")),
        sa.UniqueConstraint("plan_id", "area_id", "hat", name=op.f("uq_lending_gap_plan_id_area_id_hat")),
    )
    op.create_index("ix_lending_gap_plan_id_id", "lending_gap", ["plan_id", "id"], unique=False)
    op.create_table(
        "lending_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("from_area_id", sa.Uuid(), nullable=False),
        sa.Column("to_area_id", sa.Uuid(), nullable=False),
        sa.Column("hat", _hat(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("skilled", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("is_distance_assumed", sa.Boolean(), nullable=False),
        sa.Column("reachable", sa.Integer(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'asking', 'filled', 'refused', 'ended')", name=op.f("ck_lending_line_status_7ca128")
        ),
        sa.CheckConstraint("distance_m >= 0", name=op.f("ck_lending_line_distance_m_not_negative")),
        sa.CheckConstraint("from_area_id <> to_area_id", name=op.f("ck_lending_line_two_grids")),
        sa.CheckConstraint("people >= 1", name=op.f("ck_lending_line_people_positive")),
        sa.CheckConstraint("skilled BETWEEN 0 AND people", name=op.f("ck_lending_line_skilled_range")),
        sa.ForeignKeyConstraint(["from_area_id"], ["area.id"], name=op.f("fk_lending_line_from_area_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["lending_plan.id"], name=op.f("fk_lending_line_plan_id")),
        sa.ForeignKeyConstraint(["to_area_id"], ["area.id"], name=op.f("fk_lending_line_to_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lending_line")),
        sa.UniqueConstraint(
            "plan_id",
            "from_area_id",
            "to_area_id",
            "hat",
            name=op.f("uq_lending_line_plan_id_from_area_id_to_area_id_hat"),
        ),
    )
    op.create_index(
        "ix_lending_line_live",
        "lending_line",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('proposed', 'asking')"),
    )
    op.create_index("ix_lending_line_plan_id_id", "lending_line", ["plan_id", "id"], unique=False)
    op.create_table(
        "loan_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'agreed', 'declined', 'withdrawn')", name=op.f("ck_loan_request_status_fdd6a6")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["lending_line.id"], name=op.f("fk_loan_request_line_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_loan_request_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_request")),
    )
    op.create_index("ix_loan_request_line_id_person_id", "loan_request", ["line_id", "person_id"], unique=False)
    op.create_index("ix_loan_request_person_id_id", "loan_request", ["person_id", "id"], unique=False)
    op.create_index(
        "uq_loan_request_open", "loan_request", ["person_id"], unique=True, postgresql_where=sa.text("status = 'open'")
    )
    op.create_table(
        "loan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("hat", _hat(), nullable=False),
        sa.Column("from_area_id", sa.Uuid(), nullable=False),
        sa.Column("to_area_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.CheckConstraint("status IN ('running', 'ended')", name=op.f("ck_loan_status_408c9b")),
        sa.CheckConstraint("from_area_id <> to_area_id", name=op.f("ck_loan_two_grids")),
        sa.CheckConstraint("until >= since", name=op.f("ck_loan_until_after_since")),
        sa.ForeignKeyConstraint(["from_area_id"], ["area.id"], name=op.f("fk_loan_from_area_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_loan_person_id")),
        sa.ForeignKeyConstraint(["request_id"], ["loan_request.id"], name=op.f("fk_loan_request_id")),
        sa.ForeignKeyConstraint(["to_area_id"], ["area.id"], name=op.f("fk_loan_to_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
        sa.UniqueConstraint("request_id", name=op.f("uq_loan_request_id")),
    )
    op.create_index("ix_loan_from_area_id_id", "loan", ["from_area_id", "id"], unique=False)
    op.create_index("ix_loan_to_area_id_id", "loan", ["to_area_id", "id"], unique=False)
    op.create_index(
        "uq_loan_running", "loan", ["person_id"], unique=True, postgresql_where=sa.text("status = 'running'")
    )
    op.create_table(
        "loan_period",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("from_area_id", sa.Uuid(), nullable=False),
        sa.Column("to_area_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until >= since", name=op.f("ck_loan_period_until_after_since")),
        sa.ForeignKeyConstraint(["from_area_id"], ["area.id"], name=op.f("fk_loan_period_from_area_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_period_loan_id")),
        sa.ForeignKeyConstraint(["to_area_id"], ["area.id"], name=op.f("fk_loan_period_to_area_id")),
        sa.PrimaryKeyConstraint("loan_id", "since", name=op.f("pk_loan_period")),
    )
    op.create_index("ix_loan_period_from_area_id", "loan_period", ["from_area_id"], unique=False)
    op.create_index("ix_loan_period_to_area_id", "loan_period", ["to_area_id"], unique=False)
    op.create_index(
        "uq_loan_period_open", "loan_period", ["loan_id"], unique=True, postgresql_where=sa.text("until IS NULL")
    )
    op.execute(KEEP_LOAN_PERIOD)
    op.execute("CREATE TRIGGER remember_new AFTER INSERT ON loan FOR EACH ROW EXECUTE FUNCTION keep_loan_period()")
    op.execute(
        "CREATE TRIGGER remember AFTER UPDATE ON loan FOR EACH ROW WHEN "
        "((OLD.from_area_id, OLD.to_area_id) IS DISTINCT FROM (NEW.from_area_id, NEW.to_area_id)) "
        "EXECUTE FUNCTION keep_loan_period()"
    )
    for table, column in (("lending_plan", "area_id"), ("loan", "from_area_id"), ("loan", "to_area_id")):
        op.execute(
            f"CREATE TRIGGER require_open_{column} BEFORE INSERT OR UPDATE OF {column} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION require_open_area('{column}')"
        )


def downgrade() -> None:
    for table in ("loan_period", "loan", "loan_request", "lending_line", "lending_gap", "lending_plan"):
        op.drop_table(table)
    op.execute("DROP FUNCTION keep_loan_period")


def _hat() -> sa.Enum:
    return sa.Enum("member", "volunteer", name="hat_aec423", native_enum=False, create_constraint=True, length=32)
