"""Keep call-outs and their drills: two people order, everybody in the area is called and answers."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

BEFORE = "'claim_called_off', 'claim_moved_up', 'claim_due', 'claim_lapsed', 'claims_narrowed'"
KINDS = f"'call_out', 'call_out_over', 'drill', 'drill_over', {BEFORE}"


def upgrade() -> None:
    op.create_table(
        "call_out",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("emergency", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("instructions", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stood_down_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('ordered', 'gathering', 'stood_down', 'refused', 'withdrawn')",
            name=op.f("ck_call_out_status_e9188a"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('gathering', 'stood_down') OR confirmed_by IS NOT NULL", name=op.f("ck_call_out_confirmed")
        ),
        sa.CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_call_out_confirmed_whole")),
        sa.CheckConstraint("char_length(emergency) BETWEEN 1 AND 30", name=op.f("ck_call_out_emergency_length")),
        sa.CheckConstraint("char_length(instructions) BETWEEN 1 AND 500", name=op.f("ck_call_out_instructions_length")),
        sa.CheckConstraint("char_length(summary) BETWEEN 1 AND 2000", name=op.f("ck_call_out_summary_length")),
        sa.CheckConstraint("confirmed_by <> ordered_by", name=op.f("ck_call_out_two_people")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_call_out_area_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["user.id"], name=op.f("fk_call_out_confirmed_by")),
        sa.ForeignKeyConstraint(["ordered_by"], ["user.id"], name=op.f("fk_call_out_ordered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_out")),
    )
    op.create_index("ix_call_out_area_id_id", "call_out", ["area_id", "id"], unique=False)
    op.create_index(
        "uq_call_out_active",
        "call_out",
        ["area_id", "is_drill"],
        unique=True,
        postgresql_where=sa.text("status IN ('ordered', 'gathering')"),
    )
    op.create_table(
        "call_out_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_out_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("is_lent", sa.Boolean(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "coming", "later", "cannot", name="answer_3def59", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("minutes", sa.SmallInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "minutes IS NULL OR (answer IS NOT NULL AND answer <> 'cannot')",
            name=op.f("ck_call_out_person_minutes_of_coming"),
        ),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_call_out_person_answered_whole")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_call_out_person_minutes_range")),
        sa.ForeignKeyConstraint(["call_out_id"], ["call_out.id"], name=op.f("fk_call_out_person_call_out_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["area.id"], name=op.f("fk_call_out_person_grid_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_call_out_person_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_out_person")),
        sa.UniqueConstraint("call_out_id", "person_id", name=op.f("uq_call_out_person_call_out_id_person_id")),
    )
    op.create_index("ix_call_out_person_call_out_id_id", "call_out_person", ["call_out_id", "id"], unique=False)
    op.create_index("ix_call_out_person_person_id_id", "call_out_person", ["person_id", "id"], unique=False)
    # The new check before the old one goes: at no moment is anything else let in.
    op.create_check_constraint(op.f("ck_message_kind_09f4ca"), "message", f"kind IN ({KINDS})")
    op.drop_constraint(op.f("ck_message_kind_8be492"), "message", type_="check")
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON call_out "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )


def downgrade() -> None:
    op.execute(f"DELETE FROM message WHERE kind NOT IN ({BEFORE})")
    op.create_check_constraint(op.f("ck_message_kind_8be492"), "message", f"kind IN ({BEFORE})")
    op.drop_constraint(op.f("ck_message_kind_09f4ca"), "message", type_="check")
    op.drop_index("ix_call_out_person_person_id_id", table_name="call_out_person")
    op.drop_index("ix_call_out_person_call_out_id_id", table_name="call_out_person")
    op.drop_table("call_out_person")
    op.drop_index(
        "uq_call_out_active", table_name="call_out", postgresql_where=sa.text("status IN ('ordered', 'gathering')")
    )
    op.drop_index("ix_call_out_area_id_id", table_name="call_out")
    op.drop_table("call_out")
