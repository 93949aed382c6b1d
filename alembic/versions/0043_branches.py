"""Give grids functional branches with members, candidates and terms of secretaries."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "branch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('active', 'dissolved')", name=op.f("ck_branch_status_969adc")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 30", name=op.f("ck_branch_name_length")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_branch_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
    )
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON branch "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )
    op.create_index("ix_branch_area_id_id", "branch", ["area_id", "id"], unique=False)
    op.create_index(
        "uq_branch_active", "branch", ["area_id"], unique=True, postgresql_where=sa.text("status = 'active'")
    )
    op.create_table(
        "branch_candidacy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "recommended",
                "self_nominated",
                name="origin_93767b",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'standing', 'accepted', 'in_office', 'declined', 'rejected', 'withdrawn', 'lapsed')",
            name=op.f("ck_branch_candidacy_status_c8d3fe"),
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_branch_candidacy_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_branch_candidacy_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_candidacy")),
    )
    op.create_index(
        "ix_branch_candidacy_branch_id_status_id", "branch_candidacy", ["branch_id", "status", "id"], unique=False
    )
    op.create_index("ix_branch_candidacy_member_id_id", "branch_candidacy", ["member_id", "id"], unique=False)
    op.create_index(
        "uq_branch_candidacy_accepted",
        "branch_candidacy",
        ["branch_id"],
        unique=True,
        postgresql_where=sa.text("status = 'accepted'"),
    )
    op.create_index(
        "uq_branch_candidacy_open",
        "branch_candidacy",
        ["branch_id", "member_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('asked', 'standing', 'accepted')"),
    )
    op.create_table(
        "branch_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('joined', 'left')", name=op.f("ck_branch_member_status_5c993f")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_branch_member_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_branch_member_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_member")),
    )
    op.create_index(
        "ix_branch_member_branch_id_status_id", "branch_member", ["branch_id", "status", "id"], unique=False
    )
    op.create_index("ix_branch_member_member_id", "branch_member", ["member_id"], unique=False)
    op.create_index(
        "uq_branch_member_joined",
        "branch_member",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("status = 'joined'"),
    )
    op.create_table(
        "branch_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("candidacy_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end_reason",
            sa.Enum(
                "handed_over",
                "vacated",
                "left",
                "dissolved",
                name="end_reason_079191",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_branch_term_reason_of_end")),
        sa.CheckConstraint("ended_at >= since", name=op.f("ck_branch_term_ended_after_since")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_branch_term_branch_id")),
        sa.ForeignKeyConstraint(["candidacy_id"], ["branch_candidacy.id"], name=op.f("fk_branch_term_candidacy_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_branch_term_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_term")),
        sa.UniqueConstraint("candidacy_id", name=op.f("uq_branch_term_candidacy_id")),
    )
    op.create_index("ix_branch_term_branch_id_id", "branch_term", ["branch_id", "id"], unique=False)
    op.create_index("ix_branch_term_member_id", "branch_term", ["member_id"], unique=False)
    op.create_index(
        "uq_branch_term_active", "branch_term", ["branch_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_index("uq_branch_term_active", table_name="branch_term", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("ix_branch_term_member_id", table_name="branch_term")
    op.drop_index("ix_branch_term_branch_id_id", table_name="branch_term")
    op.drop_table("branch_term")
    op.drop_index("uq_branch_member_joined", table_name="branch_member", postgresql_where=sa.text("status = 'joined'"))
    op.drop_index("ix_branch_member_member_id", table_name="branch_member")
    op.drop_index("ix_branch_member_branch_id_status_id", table_name="branch_member")
    op.drop_table("branch_member")
    op.drop_index(
        "uq_branch_candidacy_open",
        table_name="branch_candidacy",
        postgresql_where=sa.text("status IN ('asked', 'standing', 'accepted')"),
    )
    op.drop_index(
        "uq_branch_candidacy_accepted", table_name="branch_candidacy", postgresql_where=sa.text("status = 'accepted'")
    )
    op.drop_index("ix_branch_candidacy_member_id_id", table_name="branch_candidacy")
    op.drop_index("ix_branch_candidacy_branch_id_status_id", table_name="branch_candidacy")
    op.drop_table("branch_candidacy")
    op.drop_index("uq_branch_active", table_name="branch", postgresql_where=sa.text("status = 'active'"))
    op.drop_index("ix_branch_area_id_id", table_name="branch")
    op.drop_table("branch")
