"""Errands: what staff let helpers do for residents, and the residents' things that they have in hand meanwhile."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

# The check's name tells of all values; those before are what the check said before.
TASK_KIND, FORMER_TASK_KIND = "ck_task_kind_2044cb", "ck_task_kind_067e93"
TASKS = "'wish', 'complaint', 'activity', 'patrol', 'pairing', 'emergency', 'listed'"
MESSAGE_KIND, FORMER_MESSAGE_KIND = "ck_message_kind_fbd628", "ck_message_kind_56d3a0"
MESSAGES = (
    "'call_out', 'call_out_over', 'drill', 'drill_over', 'claim_called_off', 'claim_moved_up', 'claim_due', "
    "'claim_lapsed', 'claims_narrowed', 'call_out_group', 'claim_named', 'pledge_seat_back', 'pledge_ended', "
    "'list_published', 'order_sent', 'order_due', 'order_overdue', 'order_reported', 'order_returned', "
    "'order_accepted', 'order_cancelled'"
)
CLAIM_CHECKS = {
    "things_few": "cardinality(things) <= 20",
    "things_since_when": "(things = '{}') = (things_since IS NULL)",
    "things_handed_back": "things = '{}' OR status NOT IN ('submitted', 'verified')",
}


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                *("documents", "medical", "benefits", "payments", "other"),
                name="category_b237be",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "consent",
            sa.Enum(
                *("app", "signed", "witnessed", "guardian"),
                name="consent_0a7426",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("consent_version", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("consent_note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('checking', 'reviewing', 'approved', 'done', 'rejected', 'withdrawn', 'ended')",
            name=op.f("ck_errand_status_b95b59"),
        ),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 60", name=op.f("ck_errand_title_length")),
        sa.CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name=op.f("ck_errand_body_length")),
        sa.CheckConstraint("char_length(consent_note) BETWEEN 1 AND 500", name=op.f("ck_errand_consent_note_length")),
        sa.CheckConstraint("(consent = 'app') = (consent_version IS NOT NULL)", name=op.f("ck_errand_version_of_app")),
        sa.CheckConstraint("(consent = 'app') = (consent_note IS NULL)", name=op.f("ck_errand_note_of_paper")),
        sa.CheckConstraint("consent = 'app' OR sealed IS NOT NULL", name=op.f("ck_errand_resident_of_paper")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_errand_area_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_errand_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
    )
    op.create_index("ix_errand_area_id_status_id", "errand", ["area_id", "status", "id"], unique=False)
    op.create_index("ix_errand_status_id", "errand", ["status", "id"], unique=False)
    op.create_index("ix_errand_author_id_id", "errand", ["author_id", "id"], unique=False)
    op.create_index(
        "ix_errand_approved_at",
        "errand",
        ["approved_at"],
        unique=False,
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON errand "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )
    op.add_column("task", sa.Column("errand_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_task_errand_id"), "task", "errand", ["errand_id"], ["id"])
    op.create_unique_constraint(op.f("uq_task_errand_id"), "task", ["errand_id"])
    op.create_check_constraint(op.f("ck_task_errand_of_kind"), "task", "(kind = 'errand') = (errand_id IS NOT NULL)")
    op.create_check_constraint(op.f(TASK_KIND), "task", f"kind IN ({TASKS}, 'errand')")
    op.drop_constraint(op.f(FORMER_TASK_KIND), "task", type_="check")
    op.create_check_constraint(op.f(MESSAGE_KIND), "message", f"kind IN ({MESSAGES}, 'things_in_hand')")
    op.drop_constraint(op.f(FORMER_MESSAGE_KIND), "message", type_="check")
    op.add_column(
        "claim",
        sa.Column("things", postgresql.ARRAY(sa.String(length=20)), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("claim", sa.Column("things_since", sa.DateTime(timezone=True), nullable=True))
    for name, rule in CLAIM_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_claim_{name}"), "claim", rule)
    op.create_index("ix_claim_things", "claim", ["id"], unique=False, postgresql_where=sa.text("things <> '{}'"))


def downgrade() -> None:
    op.drop_index("ix_claim_things", table_name="claim")
    for name in reversed(CLAIM_CHECKS):
        op.drop_constraint(op.f(f"ck_claim_{name}"), "claim", type_="check")
    for column in ("things_since", "things"):
        op.drop_column("claim", column)
    op.execute("DELETE FROM message WHERE kind = 'things_in_hand'")
    op.create_check_constraint(op.f(FORMER_MESSAGE_KIND), "message", f"kind IN ({MESSAGES})")
    op.drop_constraint(op.f(MESSAGE_KIND), "message", type_="check")
    # What was earned by an errand's task outlives the step back: it is one that staff posted.
    op.drop_constraint(op.f("ck_task_errand_of_kind"), "task", type_="check")
    op.execute("UPDATE task SET kind = 'activity' WHERE kind = 'errand'")
    op.create_check_constraint(op.f(FORMER_TASK_KIND), "task", f"kind IN ({TASKS})")
    op.drop_constraint(op.f(TASK_KIND), "task", type_="check")
    op.drop_column("task", "errand_id")
    op.drop_table("errand")
