"""Tags of tasks; the task of a wish carries that of its category."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

CARRIERS = ("task", "task_series")
SIX_HELPS = {
    "elderly": "助老",
    "disabled": "助残",
    "hardship": "助困",
    "employment": "助业",
    "medical": "助医",
    "schooling": "助学",
}

REQUIRE_TAGS = """
CREATE FUNCTION require_task_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.tags::text[] <@ ARRAY(SELECT code::text FROM task_tag) THEN
        RAISE EXCEPTION 'a tag of % is not in task_tag', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'task_tags_known';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "task_tag",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "tag_group",
            sa.Enum(
                *("six_helps", "joint_work", "five_records"),
                name="tag_group_12e667",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'", name=op.f("ck_task_tag_code_kebab")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 20", name=op.f("ck_task_tag_name_length")),
        sa.CheckConstraint("position BETWEEN 0 AND 1000", name=op.f("ck_task_tag_position_range")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_task_tag")),
    )
    op.create_index("uq_task_tag_tag_group_name", "task_tag", ["tag_group", "name"], unique=True)
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OF code ON task_tag "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    helps = ", ".join(
        f"('{code}', 'six_helps', '{name}', {place}, true)" for place, (code, name) in enumerate(SIX_HELPS.items(), 1)
    )
    op.execute(f"INSERT INTO task_tag (code, tag_group, name, position, is_active) VALUES {helps}")
    op.execute(REQUIRE_TAGS)
    for table in CARRIERS:
        op.add_column(
            table,
            sa.Column("tags", postgresql.ARRAY(sa.String(length=32)), server_default=sa.text("'{}'"), nullable=False),
        )
        op.create_check_constraint(op.f(f"ck_{table}_tags_few"), table, "cardinality(tags) <= 5")
    op.execute(
        "UPDATE task SET tags = ARRAY[w.category] FROM wish w WHERE w.id = task.wish_id AND w.category <> 'other'"
    )
    for table in CARRIERS:
        op.execute(
            f"CREATE TRIGGER require_task_tags BEFORE INSERT OR UPDATE OF tags ON {table} "
            "FOR EACH ROW WHEN (NEW.tags <> '{}') EXECUTE FUNCTION require_task_tags()"
        )


def downgrade() -> None:
    for table in CARRIERS:
        op.execute(f"DROP TRIGGER require_task_tags ON {table}")
        op.drop_constraint(op.f(f"ck_{table}_tags_few"), table)
        op.drop_column(table, "tags")
    op.execute("DROP FUNCTION require_task_tags()")
    op.drop_table("task_tag")
