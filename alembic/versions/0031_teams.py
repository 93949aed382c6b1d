"""Let volunteers form teams, and teams alliances."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alliance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("introduction", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(introduction) BETWEEN 1 AND 500", name=op.f("ck_alliance_introduction_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 30", name=op.f("ck_alliance_name_length")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_alliance_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance")),
    )
    op.create_index(
        "uq_alliance_open_name",
        "alliance",
        ["area_id", "name"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("introduction", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("services", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "jsonb_typeof(services) = 'array' AND jsonb_array_length(services) <= 20",
            name=op.f("ck_team_services_form"),
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'approved', 'refused', 'dissolved')", name=op.f("ck_team_status_bd274a")
        ),
        sa.CheckConstraint("char_length(introduction) BETWEEN 1 AND 500", name=op.f("ck_team_introduction_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 30", name=op.f("ck_team_name_length")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_team_area_id")),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_team_leader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    op.create_index("ix_team_area_id_id", "team", ["area_id", "id"], unique=False)
    op.create_index("ix_team_leader_id", "team", ["leader_id"], unique=False)
    op.create_index(
        "uq_team_live_name", "team", ["area_id", "name"], unique=True, postgresql_where=sa.text("status <> 'dissolved'")
    )
    op.create_table(
        "alliance_team",
        sa.Column("alliance_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["alliance_id"], ["alliance.id"], name=op.f("fk_alliance_team_alliance_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_alliance_team_team_id")),
        sa.PrimaryKeyConstraint("alliance_id", "team_id", name=op.f("pk_alliance_team")),
    )
    op.create_index(op.f("ix_alliance_team_team_id"), "alliance_team", ["team_id"], unique=False)
    op.create_table(
        "team_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'joined', 'refused', 'left')", name=op.f("ck_team_member_status_87fa96")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_team_member_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
        sa.UniqueConstraint("team_id", "person_id", name=op.f("uq_team_member_team_id_person_id")),
    )
    op.create_index("ix_team_member_person_id", "team_member", ["person_id"], unique=False)
    op.create_index("ix_team_member_team_id_status_id", "team_member", ["team_id", "status", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_team_member_team_id_status_id", table_name="team_member")
    op.drop_index("ix_team_member_person_id", table_name="team_member")
    op.drop_table("team_member")
    op.drop_index(op.f("ix_alliance_team_team_id"), table_name="alliance_team")
    op.drop_table("alliance_team")
    op.drop_index("uq_team_live_name", table_name="team", postgresql_where=sa.text("status <> 'dissolved'"))
    op.drop_index("ix_team_leader_id", table_name="team")
    op.drop_index("ix_team_area_id_id", table_name="team")
    op.drop_table("team")
    op.drop_index("uq_alliance_open_name", table_name="alliance", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("alliance")
