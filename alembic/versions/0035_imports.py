"""Take in spreadsheets: the file, what was found in it row by row, how far the work is."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KINDS = ("areas", "units", "members", "volunteers", "posts", "merchants")
VERDICTS = ("added", "changed", "untouched", "refused")


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind_98f9f9", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("filename", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("problem", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("accepts_refused", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("added", sa.Integer(), nullable=True),
        sa.Column("changed", sa.Integer(), nullable=True),
        sa.Column("untouched", sa.Integer(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.Column("has_findings", sa.Boolean(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'failed' OR problem IS NOT NULL", name=op.f("ck_import_run_failed_for_a_problem")
        ),
        sa.CheckConstraint(
            "status IN ('uploaded', 'checking', 'checked', 'applying', 'done', 'cancelled', 'failed')",
            name=op.f("ck_import_run_status_b60e37"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('done', 'cancelled') OR content IS NULL", name=op.f("ck_import_run_content_dropped")
        ),
        sa.CheckConstraint(
            "(rows IS NULL) = (added IS NULL) AND (rows IS NULL) = (changed IS NULL) AND (rows IS NULL) = (untouched IS NULL) AND (rows IS NULL) = (refused IS NULL)",
            name=op.f("ck_import_run_counted_wholly"),
        ),
        sa.CheckConstraint("char_length(filename) BETWEEN 1 AND 200", name=op.f("ck_import_run_filename_length")),
        sa.CheckConstraint("report IS NULL OR has_findings", name=op.f("ck_import_run_report_is_a_finding")),
        sa.CheckConstraint("rows = added + changed + untouched + refused", name=op.f("ck_import_run_counts_add_up")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_import_run_area_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["user.id"], name=op.f("fk_import_run_confirmed_by")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["user.id"], name=op.f("fk_import_run_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_area_id_id", "import_run", ["area_id", "id"], unique=False)
    op.create_index(
        "ix_import_run_kept",
        "import_run",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("content IS NOT NULL OR has_findings"),
    )
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON import_run "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )
    op.create_table(
        "import_progress",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_import_progress_done_of_total")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_progress_import_id")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_progress")),
    )
    op.create_table(
        "import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(*VERDICTS, name="verdict_16d209", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_import_row_number_positive")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_row_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_row")),
    )
    op.create_index(
        "ix_import_row_import_id_verdict_number", "import_row", ["import_id", "verdict", "number"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_import_row_import_id_verdict_number", table_name="import_row")
    op.drop_table("import_row")
    op.drop_table("import_progress")
    op.drop_index(
        "ix_import_run_kept", table_name="import_run", postgresql_where=sa.text("content IS NOT NULL OR has_findings")
    )
    op.drop_index("ix_import_run_area_id_id", table_name="import_run")
    op.drop_table("import_run")
