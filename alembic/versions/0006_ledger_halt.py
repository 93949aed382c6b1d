"""Remember when the ledger did not add up: while such a halt is open, nothing is settled."""

from alembic import op
from sqlalchemy import Column, DateTime, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GUARD_HALT = """
CREATE FUNCTION ledger_guard_halt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL
        OR (NEW.id, NEW.differences, NEW.raised_at) IS DISTINCT FROM (OLD.id, OLD.differences, OLD.raised_at) THEN
        RAISE EXCEPTION '% of ledger_halt is refused: a halt is lifted once and stays as it was', TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "ledger_halt",
        Column("id", Uuid(), primary_key=True),
        Column("differences", JSONB(), nullable=False),
        Column("raised_at", DateTime(timezone=True), server_default=text("now()"), nullable=False),
        Column("lifted_at", DateTime(timezone=True), nullable=True),
        Column("lifted_by", String(100), nullable=True),
        Column("lift_reason", String(500), nullable=True),
    )
    op.create_check_constraint(
        op.f("ck_ledger_halt_lifted"),
        "ledger_halt",
        "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)",
    )
    op.create_index(
        "uq_ledger_halt_open",
        "ledger_halt",
        ["lifted_at"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("lifted_at IS NULL"),
    )
    op.execute(GUARD_HALT)
    op.execute(
        "CREATE TRIGGER guard_halt BEFORE UPDATE OR DELETE ON ledger_halt "
        "FOR EACH ROW EXECUTE FUNCTION ledger_guard_halt()"
    )
    op.execute("CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON ledger_halt EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.drop_table("ledger_halt")
    op.execute("DROP FUNCTION ledger_guard_halt")
