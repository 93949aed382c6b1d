"""Keep pictures that people upload."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "wish",
                "errand",
                "complaint",
                "answer",
                "claim",
                "offer",
                name="subject_kind_941365",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("trace_id", sqlmodel.sql.sqltypes.AutoString(length=128), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("label", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name=op.f("ck_media_media_type_known")),
        sa.CheckConstraint(
            "status IN ('checking', 'passed', 'held', 'rejected', 'removed')", name=op.f("ck_media_status_274372")
        ),
        sa.CheckConstraint(
            "subject_kind <> 'complaint' OR owner_id IS NULL", name=op.f("ck_media_complaint_without_owner")
        ),
        sa.CheckConstraint("(position IS NULL) = (subject_id IS NULL)", name=op.f("ck_media_position_of_subject")),
        sa.CheckConstraint("(subject_kind IS NULL) = (subject_id IS NULL)", name=op.f("ck_media_subject_whole")),
        sa.CheckConstraint("(trace_id IS NULL) OR (asked_at IS NOT NULL)", name=op.f("ck_media_traced_when_asked")),
        sa.CheckConstraint("position BETWEEN 1 AND 99", name=op.f("ck_media_position_range")),
        sa.CheckConstraint("tries BETWEEN 0 AND 2", name=op.f("ck_media_tries_few")),
        sa.CheckConstraint("width > 0 AND height > 0 AND size_bytes > 0", name=op.f("ck_media_extent_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_media_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index("ix_media_checking", "media", ["id"], unique=False, postgresql_where=sa.text("status = 'checking'"))
    op.create_index(
        "ix_media_subject_id",
        "media",
        ["subject_id", "position"],
        unique=False,
        postgresql_where=sa.text("subject_id IS NOT NULL AND status <> 'removed'"),
    )
    op.create_index(
        "ix_media_unattached",
        "media",
        ["owner_id", "id"],
        unique=False,
        postgresql_where=sa.text("subject_id IS NULL AND status <> 'removed'"),
    )
    op.create_index("uq_media_trace_id", "media", ["trace_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_media_trace_id", table_name="media")
    op.drop_index(
        "ix_media_unattached",
        table_name="media",
        postgresql_where=sa.text("subject_id IS NULL AND status <> 'removed'"),
    )
    op.drop_index(
        "ix_media_subject_id",
        table_name="media",
        postgresql_where=sa.text("subject_id IS NOT NULL AND status <> 'removed'"),
    )
    op.drop_index("ix_media_checking", table_name="media", postgresql_where=sa.text("status = 'checking'"))
    op.drop_table("media")
