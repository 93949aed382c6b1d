"""Know people apart from whether they have logged in, and where their hats were when."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

HATS = ("member", "volunteer")

KEEP_STAY = """
    CREATE FUNCTION keep_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF (OLD.person_id, OLD.home_area_id, OLD.status = 'approved')
                    = (NEW.person_id, NEW.home_area_id, NEW.status = 'approved') THEN
                RETURN NULL;
            END IF;
            UPDATE stay SET until = greatest(since, clock_timestamp())
            WHERE person_id = OLD.person_id AND hat = TG_ARGV[0] AND until IS NULL;
        END IF;
        IF NEW.status = 'approved' THEN
            INSERT INTO stay (person_id, hat, since, area_id) VALUES (
                NEW.person_id, TG_ARGV[0], CASE TG_OP WHEN 'INSERT' THEN NEW.created_at ELSE clock_timestamp() END,
                NEW.home_area_id
            );
        END IF;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_hash", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(sealed IS NULL) = (identity_hash IS NULL)", name=op.f("ck_person_identity_of_sealed")),
        sa.CheckConstraint("(sealed IS NULL) = (phone_hash IS NULL)", name=op.f("ck_person_phone_of_sealed")),
        sa.CheckConstraint("octet_length(identity_hash) = 32", name=op.f("ck_person_identity_hash_length")),
        sa.CheckConstraint("octet_length(phone_hash) = 32", name=op.f("ck_person_phone_hash_length")),
        sa.CheckConstraint("user_id IS NOT NULL OR sealed IS NOT NULL", name=op.f("ck_person_known_somehow")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_person_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("identity_hash", name=op.f("uq_person_identity_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_person_user_id")),
    )
    op.create_index("ix_person_phone_hash", "person", ["phone_hash"], unique=False)
    op.create_table(
        "stay",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "hat",
            sa.Enum(*HATS, name="hat_aec423", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until >= since", name=op.f("ck_stay_until_after_since")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_stay_area_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_stay_person_id")),
        sa.PrimaryKeyConstraint("person_id", "hat", "since", name=op.f("pk_stay")),
    )
    op.create_index("ix_stay_area_id_hat_since", "stay", ["area_id", "hat", "since"], unique=False)
    op.create_index(
        "uq_stay_open", "stay", ["person_id", "hat"], unique=True, postgresql_where=sa.text("until IS NULL")
    )
    op.execute(
        "INSERT INTO person (id, user_id, created_at) SELECT gen_random_uuid(), user_id, min(created_at) FROM "
        "(SELECT user_id, created_at FROM member UNION ALL SELECT user_id, created_at FROM volunteer) x GROUP BY user_id"
    )
    op.execute(KEEP_STAY)
    for hat in HATS:
        _rename(hat, "user", "person", "SELECT id FROM person p WHERE p.user_id = x.person_id")
        op.execute(
            f"INSERT INTO stay (person_id, hat, since, area_id) SELECT person_id, '{hat}', created_at, home_area_id "
            f"FROM {hat} WHERE status = 'approved'"
        )
        op.execute(
            f"CREATE TRIGGER keep_stay AFTER INSERT OR UPDATE ON {hat} FOR EACH ROW EXECUTE FUNCTION keep_stay('{hat}')"
        )


def _rename(hat: str, old: str, new: str, found: str) -> None:
    """Let a hat's column refer to another table, at its old place among the columns."""
    op.drop_constraint(op.f(f"fk_{hat}_{old}_id"), hat, type_="foreignkey")
    op.drop_constraint(op.f(f"uq_{hat}_{old}_id"), hat, type_="unique")
    op.alter_column(hat, f"{old}_id", new_column_name=f"{new}_id")
    op.execute(f"UPDATE {hat} x SET {new}_id = ({found})")
    op.create_foreign_key(op.f(f"fk_{hat}_{new}_id"), hat, new, [f"{new}_id"], ["id"])
    op.create_unique_constraint(op.f(f"uq_{hat}_{new}_id"), hat, [f"{new}_id"])


def downgrade() -> None:
    for hat in HATS:
        op.execute(f"DROP TRIGGER keep_stay ON {hat}")
        # Who has never logged in cannot be kept by tables that know users alone.
        op.execute(f"DELETE FROM {hat} x USING person p WHERE p.id = x.person_id AND p.user_id IS NULL")
        _rename(hat, "person", "user", "SELECT p.user_id FROM person p WHERE p.id = x.user_id")
    op.execute("DROP FUNCTION keep_stay")
    op.drop_table("stay")
    op.drop_table("person")
