"""Keep every content check, and let what waits for people now wait in their one queue."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

# What was held before checks were kept: the verdict is not known any more, that people have to look is.
HOLD_WHAT_WAITS = """
    WITH kept AS (
        INSERT INTO content_check (id, subject_kind, subject_id, part, status)
        SELECT uuid_v7(), waiting.kind, waiting.id, waiting.part, 'held' FROM (
            SELECT 'wish' AS kind, id, 'words' AS part FROM wish WHERE status = 'reviewing'
            UNION ALL SELECT 'errand', id, 'words' FROM errand WHERE status = 'reviewing'
            UNION ALL SELECT 'complaint', id, 'words' FROM complaint WHERE status = 'reviewing'
            UNION ALL SELECT 'complaint', id, 'answer' FROM complaint WHERE answer IS NOT NULL AND echo_id IS NULL
            UNION ALL SELECT 'offer', id, 'words' FROM offer WHERE status = 'reviewing'
            UNION ALL SELECT 'task', id, 'words' FROM task WHERE status = 'draft' AND passed_at IS NULL
                AND series_id IS NULL
            UNION ALL SELECT 'task_series', id, 'words' FROM task_series WHERE status = 'draft'
            UNION ALL SELECT 'user', id, 'nickname' FROM "user" WHERE pending_nickname IS NOT NULL
        ) AS waiting ORDER BY waiting.id
        RETURNING id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, party, created_at)
    SELECT uuid_v7(), 'content_check', id, 'hold_check', 'held', 'system', clock_timestamp() FROM kept
"""


def upgrade() -> None:
    op.create_table(
        "content_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "words",
                "answer",
                "thanks",
                "note",
                "nickname",
                "picture",
                name="part_dcf7e0",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "suggest",
            sa.Enum(
                "pass",
                "review",
                "risky",
                name="suggest_375c54",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("label", sa.Integer(), nullable=True),
        sa.Column("trace_id", sqlmodel.sql.sqltypes.AutoString(length=128), nullable=True),
        sa.Column("found", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'held', 'passed', 'sampled', 'rejected', 'moot')",
            name=op.f("ck_content_check_status_847d0f"),
        ),
        sa.CheckConstraint("(suggest IS NULL) = (label IS NULL)", name=op.f("ck_content_check_verdict_whole")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_at IS NOT NULL", name=op.f("ck_content_check_decided_sometime")
        ),
        sa.CheckConstraint("octet_length(fingerprint) = 32", name=op.f("ck_content_check_fingerprint_length")),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_content_check_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_check")),
    )
    op.create_index(
        "ix_content_check_asked", "content_check", ["created_at"], postgresql_where=sa.text("status = 'asked'")
    )
    op.create_index(
        "ix_content_check_open",
        "content_check",
        ["subject_kind", "part", "id"],
        postgresql_where=sa.text("status IN ('held', 'sampled')"),
    )
    op.create_index("ix_content_check_subject", "content_check", ["subject_id", "part", "id"])
    op.execute(HOLD_WHAT_WAITS)


def downgrade() -> None:
    op.drop_table("content_check")
