"""Let users be recognised as people of the roster, and hats be laid down."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

HATS = ("member", "volunteer")
STATUS_BEFORE = ("77db13", "'applied', 'approved', 'refused'")
STATUS = ("10b00b", "'applied', 'approved', 'refused', 'left'")


def upgrade() -> None:
    op.create_table(
        "identification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("home_area_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("identity_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            f"status IN ({STATUS_BEFORE[1]})", name=op.f(f"ck_identification_status_{STATUS_BEFORE[0]}")
        ),
        sa.CheckConstraint("octet_length(identity_hash) = 32", name=op.f("ck_identification_identity_hash_length")),
        sa.ForeignKeyConstraint(["home_area_id"], ["area.id"], name=op.f("fk_identification_home_area_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_identification_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identification")),
        sa.UniqueConstraint("user_id", name=op.f("uq_identification_user_id")),
    )
    op.create_index("ix_identification_home_area_id", "identification", ["home_area_id"], unique=False)
    op.create_index("ix_identification_identity_hash", "identification", ["identity_hash"], unique=False)
    for hat in HATS:
        _replace_check(hat, STATUS_BEFORE, STATUS)


def downgrade() -> None:
    for hat in HATS:
        op.execute(f"UPDATE {hat} SET status = 'refused' WHERE status = 'left'")
        _replace_check(hat, STATUS, STATUS_BEFORE)
    op.drop_table("identification")


def _replace_check(hat: str, old: tuple[str, str], new: tuple[str, str]) -> None:
    """Let a hat have other states."""
    op.drop_constraint(op.f(f"ck_{hat}_status_{old[0]}"), hat, type_="check")
    op.create_check_constraint(op.f(f"ck_{hat}_status_{new[0]}"), hat, f"status IN ({new[1]})")
