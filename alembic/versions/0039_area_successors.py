"""Say what took the place of a closed area, and close areas before what lies below them has gone elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# An UPDATE alone would not wait for those who are just putting something into the area; this lock does.
CLOSE = """
    CREATE OR REPLACE FUNCTION close_area() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'area % stays closed', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        PERFORM FROM area WHERE id = NEW.id FOR UPDATE;
        RETURN NEW;
    END
    $$
"""
FORMER_CLOSE = """
    CREATE OR REPLACE FUNCTION close_area() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'area % stays closed', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        PERFORM FROM area WHERE id = NEW.id FOR UPDATE;
        IF EXISTS (SELECT FROM area WHERE parent_id = NEW.id AND closed_at IS NULL) THEN
            RAISE EXCEPTION 'open areas lie below area %', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END
    $$
"""
# Asked when all is done: an area that is split is closed first, so that its parts can have its name.
REFUSE_OPEN_BELOW = """
    CREATE FUNCTION refuse_open_below() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM area WHERE parent_id = NEW.id AND closed_at IS NULL) THEN
            RAISE EXCEPTION 'open areas lie below area %', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
    END
    $$
"""
REQUIRE_OPEN = "FOR EACH ROW {}EXECUTE FUNCTION require_open_area('parent_id')"
# Whole subtrees move, with what was closed in them long ago: only what is hung elsewhere is asked.
TEAMS = ("team", "alliance")
"""Nothing new of these either comes into a closed area."""
HANG = "WHEN (NEW.closed_at IS NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id) "


def upgrade() -> None:
    op.add_column("area", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_area_successor_id"), "area", "area", ["successor_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_area_successor_of_closed"), "area", "successor_id IS NULL OR closed_at IS NOT NULL"
    )
    op.create_check_constraint(op.f("ck_area_successor_is_another"), "area", "successor_id <> id")
    op.execute(CLOSE)
    op.execute(REFUSE_OPEN_BELOW)
    op.execute(
        "CREATE CONSTRAINT TRIGGER refuse_open_below AFTER UPDATE ON area DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL) EXECUTE FUNCTION refuse_open_below()"
    )
    op.execute("DROP TRIGGER require_open_parent_id ON area")
    op.execute(f"CREATE TRIGGER require_open_parent_id BEFORE INSERT ON area {REQUIRE_OPEN.format('')}")
    op.execute(f"CREATE TRIGGER require_open_new_parent BEFORE UPDATE ON area {REQUIRE_OPEN.format(HANG)}")
    for table in TEAMS:
        op.execute(
            f"CREATE TRIGGER require_open_area_id BEFORE INSERT OR UPDATE OF area_id ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION require_open_area('area_id')"
        )


def downgrade() -> None:
    for table in TEAMS:
        op.execute(f"DROP TRIGGER require_open_area_id ON {table}")
    op.execute("DROP TRIGGER require_open_new_parent ON area")
    op.execute("DROP TRIGGER require_open_parent_id ON area")
    op.execute(
        f"CREATE TRIGGER require_open_parent_id BEFORE INSERT OR UPDATE OF parent_id ON area {REQUIRE_OPEN.format('')}"
    )
    op.execute("DROP TRIGGER refuse_open_below ON area")
    op.execute("DROP FUNCTION refuse_open_below()")
    op.execute(FORMER_CLOSE)
    op.drop_constraint(op.f("ck_area_successor_is_another"), "area")
    op.drop_constraint(op.f("ck_area_successor_of_closed"), "area")
    op.drop_constraint(op.f("fk_area_successor_id"), "area", type_="foreignkey")
    op.drop_column("area", "successor_id")
