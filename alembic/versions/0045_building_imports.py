"""Take in lists of buildings from spreadsheets."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

BEFORE = "'areas', 'units', 'members', 'volunteers', 'posts', 'merchants'"
KINDS = f"{BEFORE}, 'buildings'"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_import_run_kind_98f9f9"), "import_run", type_="check")
    op.create_check_constraint(op.f("ck_import_run_kind_8f82d5"), "import_run", f"kind IN ({KINDS})")


def downgrade() -> None:
    # The table before has no such imports; the buildings that they brought stay, and what became of them stays in events.
    for table in ("import_row", "import_progress"):
        op.execute(f"DELETE FROM {table} x USING import_run r WHERE r.id = x.import_id AND r.kind = 'buildings'")
    op.execute("DELETE FROM import_run WHERE kind = 'buildings'")
    op.drop_constraint(op.f("ck_import_run_kind_8f82d5"), "import_run", type_="check")
    op.create_check_constraint(op.f("ck_import_run_kind_98f9f9"), "import_run", f"kind IN ({BEFORE})")
