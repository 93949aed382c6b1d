"""Keep on the roster of members what offices keep: five kinds, both check-ins, the branches of floating members."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

KIND_BEFORE = ("3fbd91", "'in_service', 'retired', 'floating', 'unassigned'")
KIND = ("084e8e", "'in_service', 'retired', 'floating', 'unassigned', 'new_sector'")
CHECKS = {
    "unit_of_employed": "unit_id IS NOT NULL OR kind NOT IN ('in_service', 'new_sector')",
    "unit_area_of_unit": "unit_area_id IS NULL OR unit_id IS NOT NULL",
    "unit_area_of_check_in": "unit_checked_in_on IS NULL OR unit_area_id IS NOT NULL",
    "branches_of_floating": "kind = 'floating' OR (home_branch IS NULL AND host_branch IS NULL)",
    "home_branch_length": "char_length(home_branch) BETWEEN 1 AND 50",
    "host_branch_length": "char_length(host_branch) BETWEEN 1 AND 50",
}


def upgrade() -> None:
    op.add_column("member", sa.Column("unit_area_id", sa.Uuid(), nullable=True))
    op.add_column("member", sa.Column("unit_checked_in_on", sa.Date(), nullable=True))
    op.add_column("member", sa.Column("home_checked_in_on", sa.Date(), nullable=True))
    op.add_column("member", sa.Column("home_branch", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=True))
    op.add_column("member", sa.Column("host_branch", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=True))
    op.alter_column("member", "unit_id", existing_type=sa.Uuid(), nullable=True)
    op.create_foreign_key(op.f("fk_member_unit_area_id"), "member", "area", ["unit_area_id"], ["id"])
    op.drop_constraint(op.f(f"ck_member_kind_{KIND_BEFORE[0]}"), "member", type_="check")
    op.create_check_constraint(op.f(f"ck_member_kind_{KIND[0]}"), "member", f"kind IN ({KIND[1]})")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_member_{name}"), "member", condition)
    op.execute(
        "CREATE TRIGGER require_open_unit_area_id BEFORE INSERT OR UPDATE OF unit_area_id ON member "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('unit_area_id')"
    )
    for hat in ("member", "volunteer"):
        op.create_index(f"ix_{hat}_home_area_id_status_id", hat, ["home_area_id", "status", "id"], unique=False)
        op.create_index(f"ix_{hat}_status_id", hat, ["status", "id"], unique=False)
        op.drop_index(f"ix_{hat}_home_area_id", table_name=hat)


def downgrade() -> None:
    for hat in ("member", "volunteer"):
        op.create_index(f"ix_{hat}_home_area_id", hat, ["home_area_id"], unique=False)
        op.drop_index(f"ix_{hat}_status_id", table_name=hat)
        op.drop_index(f"ix_{hat}_home_area_id_status_id", table_name=hat)
    op.execute("DROP TRIGGER require_open_unit_area_id ON member")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_member_{name}"), "member", type_="check")
    op.drop_constraint(op.f(f"ck_member_kind_{KIND[0]}"), "member", type_="check")
    op.execute("UPDATE member SET kind = 'in_service' WHERE kind = 'new_sector'")
    op.create_check_constraint(op.f(f"ck_member_kind_{KIND_BEFORE[0]}"), "member", f"kind IN ({KIND_BEFORE[1]})")
    # Who has no unit cannot be kept by a table in which everybody has one.
    op.execute("DELETE FROM member WHERE unit_id IS NULL")
    op.alter_column("member", "unit_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_constraint(op.f("fk_member_unit_area_id"), "member", type_="foreignkey")
    for column in ("host_branch", "home_branch", "home_checked_in_on", "unit_checked_in_on", "unit_area_id"):
        op.drop_column("member", column)
