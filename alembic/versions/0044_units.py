"""Let offices keep units: a credit code, whom to call, where they reported, and closing without deleting."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

KIND_BEFORE = ("e9d92c", "'government', 'enterprise', 'social_organisation', 'property', 'department'")
KIND = (
    "bedda6",
    "'government', 'enterprise', 'non_public_enterprise', 'social_organisation', 'property', 'department'",
)
ONLY_OPEN = sa.text("closed_at IS NULL")
# The lock is the one that the foreign key takes anyway: whoever closes the unit waits for this row, or this row for
# whoever closes it, and then sees that it is closed.
REQUIRE_OPEN = """
    CREATE FUNCTION require_open_unit() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        closed timestamptz;
    BEGIN
        SELECT closed_at INTO closed FROM unit WHERE id = NEW.unit_id FOR KEY SHARE;
        IF closed IS NOT NULL THEN
            RAISE EXCEPTION 'unit % is closed', NEW.unit_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_open', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END
    $$
"""
# A unit that is closed stays closed, and has nothing to do. The lock waits for those who are just handing it something.
CLOSE = """
    CREATE FUNCTION close_unit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'unit % stays closed', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        PERFORM FROM unit WHERE id = NEW.id FOR UPDATE;
        IF EXISTS (SELECT FROM complaint_step WHERE unit_id = NEW.id AND status = 'assigned') THEN
            RAISE EXCEPTION 'unit % has something to do', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_idle', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END
    $$
"""
OPEN_ONLY = ("member", "unit_area", "unit_worker", "handling_rule", "complaint_step")
"""Nothing new of these comes to a closed unit."""
# Looks are written down with the person from now on; whose number it is still reads who looked before.
KNOWN_LOOKS = """
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, note, facts, created_at)
    SELECT uuid_v7(), 'person', x.person_id, 'unmask', 'known', e.actor_id, e.party, e.note,
        jsonb_build_object('found_as', e.subject_kind), e.created_at
    FROM event e JOIN {hat} x ON x.id = e.subject_id
    WHERE e.subject_kind = '{hat}' AND e.action = 'unmask' AND NOT EXISTS (
        SELECT FROM event k WHERE k.subject_kind = 'person' AND k.subject_id = x.person_id AND k.action = 'unmask'
            AND k.created_at = e.created_at
    ) ORDER BY e.id
"""
OTHER_UNIT = "OLD.unit_id IS DISTINCT FROM NEW.unit_id"
ANEW = {"complaint_step": f"{OTHER_UNIT} OR (NEW.status = 'assigned' AND OLD.status <> 'assigned')"}
"""What brings something there that is known already; a step that was answered can be sent back."""


def upgrade() -> None:
    op.add_column("unit", sa.Column("credit_code", sqlmodel.sql.sqltypes.AutoString(length=18), nullable=True))
    op.add_column("unit", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.add_column("unit", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_unit_contact_id"), "unit", "person", ["contact_id"], ["id"])
    op.create_check_constraint(op.f("ck_unit_credit_code_form"), "unit", "credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'")
    op.drop_constraint(op.f(f"ck_unit_kind_{KIND_BEFORE[0]}"), "unit", type_="check")
    op.create_check_constraint(op.f(f"ck_unit_kind_{KIND[0]}"), "unit", f"kind IN ({KIND[1]})")
    op.create_index("uq_unit_open_name", "unit", ["area_id", "name"], unique=True, postgresql_where=ONLY_OPEN)
    op.create_index("uq_unit_open_credit_code", "unit", ["credit_code"], unique=True, postgresql_where=ONLY_OPEN)
    op.drop_constraint(op.f("uq_unit_area_id_name"), "unit", type_="unique")
    op.create_table(
        "unit_area",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_unit_area_area_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_area_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "area_id", name=op.f("pk_unit_area")),
    )
    op.create_index("ix_unit_area_area_id_unit_id", "unit_area", ["area_id", "unit_id"], unique=False)
    op.execute(CLOSE)
    op.execute(
        "CREATE TRIGGER close_unit BEFORE UPDATE ON unit FOR EACH ROW "
        "WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at) EXECUTE FUNCTION close_unit()"
    )
    op.execute(REQUIRE_OPEN)
    for table in OPEN_ONLY:
        op.execute(
            f"CREATE TRIGGER require_open_unit BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION require_open_unit()"
        )
        op.execute(
            f"CREATE TRIGGER require_open_unit_anew BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ({ANEW.get(table, OTHER_UNIT)}) EXECUTE FUNCTION require_open_unit()"
        )
    op.execute(
        "CREATE TRIGGER require_open_area_id BEFORE INSERT ON unit_area "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
    )
    for hat in ("member", "volunteer"):
        op.execute(KNOWN_LOOKS.format(hat=hat))
    # Somebody whose unit once reported to an area that is closed by now can be changed in other ways.
    op.execute("DROP TRIGGER require_open_unit_area_id ON member")
    op.execute(
        "CREATE TRIGGER require_open_unit_area_id BEFORE INSERT ON member "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('unit_area_id')"
    )
    op.execute(
        "CREATE TRIGGER require_open_unit_area_id_anew BEFORE UPDATE ON member FOR EACH ROW "
        "WHEN (OLD.unit_area_id IS DISTINCT FROM NEW.unit_area_id) EXECUTE FUNCTION require_open_area('unit_area_id')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER require_open_unit_area_id_anew ON member")
    op.execute("DROP TRIGGER require_open_unit_area_id ON member")
    op.execute(
        "CREATE TRIGGER require_open_unit_area_id BEFORE INSERT OR UPDATE OF unit_area_id ON member "
        "FOR EACH ROW EXECUTE FUNCTION require_open_area('unit_area_id')"
    )
    for table in OPEN_ONLY:
        op.execute(f"DROP TRIGGER require_open_unit_anew ON {table}")
        op.execute(f"DROP TRIGGER require_open_unit ON {table}")
    op.drop_table("unit_area")
    op.execute("DROP FUNCTION require_open_unit()")
    op.execute("DROP TRIGGER close_unit ON unit")
    op.execute("DROP FUNCTION close_unit()")
    # Of a closed and an open unit with one name in one area, only one can be kept under it.
    op.execute("UPDATE unit SET name = left(name, 13) || ' ' || id WHERE closed_at IS NOT NULL")
    op.create_unique_constraint(op.f("uq_unit_area_id_name"), "unit", ["area_id", "name"])
    op.drop_index("uq_unit_open_credit_code", table_name="unit", postgresql_where=ONLY_OPEN)
    op.drop_index("uq_unit_open_name", table_name="unit", postgresql_where=ONLY_OPEN)
    op.drop_constraint(op.f(f"ck_unit_kind_{KIND[0]}"), "unit", type_="check")
    op.execute("UPDATE unit SET kind = 'enterprise' WHERE kind = 'non_public_enterprise'")
    op.create_check_constraint(op.f(f"ck_unit_kind_{KIND_BEFORE[0]}"), "unit", f"kind IN ({KIND_BEFORE[1]})")
    op.drop_constraint(op.f("ck_unit_credit_code_form"), "unit", type_="check")
    op.drop_constraint(op.f("fk_unit_contact_id"), "unit", type_="foreignkey")
    for column in ("closed_at", "contact_id", "credit_code"):
        op.drop_column("unit", column)
