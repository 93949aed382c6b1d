"""Let posts own queues and roles, and people hold posts."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ROLES = ("administrator", "staff", "alliance", "auditor")
QUEUES = "ARRAY['complaints', 'wishes', 'enrolments', 'deliveries']"


def upgrade() -> None:
    op.create_table(
        "post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("duty", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("queues", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*ROLES, name="role_7fc1f2", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 30", name=op.f("ck_post_name_length")),
        sa.CheckConstraint("char_length(duty) BETWEEN 1 AND 500", name=op.f("ck_post_duty_length")),
        sa.CheckConstraint(f"queues::text[] <@ {QUEUES}", name=op.f("ck_post_queues_known")),
        sa.CheckConstraint("cardinality(queues) = 0 OR role = 'staff'", name=op.f("ck_post_queues_need_staff")),
        sa.CheckConstraint("role <> 'administrator'", name=op.f("ck_post_role_below_administrator")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_post_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
    )
    op.create_index("ix_post_area_id_id", "post", ["area_id", "id"], unique=False)
    op.create_index(
        "uq_post_open_name", "post", ["area_id", "name"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "post_holding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("appointed_by", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until >= since", name=op.f("ck_post_holding_until_after_since")),
        sa.ForeignKeyConstraint(["appointed_by"], ["user.id"], name=op.f("fk_post_holding_appointed_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_post_holding_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_holding_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_holding")),
    )
    op.create_index("ix_post_holding_person_id", "post_holding", ["person_id"], unique=False)
    op.create_index("ix_post_holding_post_id_since", "post_holding", ["post_id", "since"], unique=False)
    op.create_index(
        "uq_post_holding_open", "post_holding", ["post_id"], unique=True, postgresql_where=sa.text("until IS NULL")
    )
    op.add_column("grant", sa.Column("holding_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_grant_holding_id"), "grant", "post_holding", ["holding_id"], ["id"])
    op.create_unique_constraint(op.f("uq_grant_holding_id"), "grant", ["holding_id"])
    op.create_index("ix_grant_user_id", "grant", ["user_id"], unique=False)
    op.create_index(
        "uq_grant_by_hand",
        "grant",
        ["user_id", "role", "area_id"],
        unique=True,
        postgresql_where=sa.text("holding_id IS NULL"),
    )
    op.drop_constraint(op.f("uq_grant_user_id_role_area_id"), "grant", type_="unique")


def downgrade() -> None:
    # What came with a post goes with the posts.
    op.execute('DELETE FROM "grant" WHERE holding_id IS NOT NULL')
    op.create_unique_constraint(op.f("uq_grant_user_id_role_area_id"), "grant", ["user_id", "role", "area_id"])
    op.drop_index("uq_grant_by_hand", table_name="grant", postgresql_where=sa.text("holding_id IS NULL"))
    op.drop_index("ix_grant_user_id", table_name="grant")
    op.drop_constraint(op.f("uq_grant_holding_id"), "grant", type_="unique")
    op.drop_constraint(op.f("fk_grant_holding_id"), "grant", type_="foreignkey")
    op.drop_column("grant", "holding_id")
    op.drop_table("post_holding")
    op.drop_table("post")
