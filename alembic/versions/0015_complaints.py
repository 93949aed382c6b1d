"""Give complaints, their categories and their people tables, and events the facts that figures are derived from."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


COLUMNS = ("code", "name", "urgency", "is_confidential")
CATEGORIES = (
    # Mediation between neighbours never stands on a wall.
    ("property", "物业管理", "ordinary", False),
    ("sanitation", "环境卫生", "ordinary", False),
    ("lighting", "路灯楼道照明", "ordinary", False),
    ("roads", "道路与公共设施", "ordinary", False),
    ("parking", "停车与交通", "ordinary", False),
    ("noise", "噪声油烟扰民", "ordinary", False),
    ("illegal_building", "违建与占用公共空间", "hard", False),
    ("water", "供水排水", "urgent", False),
    ("power", "供电", "urgent", False),
    ("gas_heating", "燃气供暖", "urgent", False),
    ("elevator_fire", "电梯与消防安全", "critical", False),
    ("neighbours", "邻里纠纷调解", "ordinary", True),
    ("pets_greenery", "养犬与绿化", "ordinary", False),
    ("social_security", "社保就业救助", "ordinary", False),
    ("education", "教育文体", "ordinary", False),
    ("health", "医疗卫生", "ordinary", False),
    ("consumer", "市场消费", "ordinary", False),
    ("other", "其他", "ordinary", False),
)


def upgrade() -> None:
    op.create_table(
        "complaint_category",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column(
            "urgency",
            sa.Enum(
                "critical",
                "urgent",
                "ordinary",
                "hard",
                name="urgency_9c227a",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("words", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z_]{0,30}$'", name=op.f("ck_complaint_category_code_form")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 20", name=op.f("ck_complaint_category_name_length")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_complaint_category")),
        sa.UniqueConstraint("name", name=op.f("uq_complaint_category_name")),
    )
    names = (*COLUMNS, "position", "is_active")
    op.bulk_insert(
        sa.table("complaint_category", *map(sa.column, names)),
        [dict(zip(names, (*row, place, True), strict=True)) for place, row in enumerate(CATEGORIES, start=1)],
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("handler_id", sa.Uuid(), nullable=False),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "urgency",
            sa.Enum(
                "critical",
                "urgent",
                "ordinary",
                "hard",
                name="urgency_9c227a",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        sa.Column("shown_name", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "app", "proxy", "open311", name="channel_364ced", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("consent", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("joins", sa.Integer(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("has_reopened", sa.Boolean(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "resolved",
                "explained",
                "planned",
                name="outcome_6bf5c9",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("echo_id", sa.Uuid(), nullable=True),
        sa.Column("is_satisfied", sa.Boolean(), nullable=True),
        sa.Column("accept_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            sa.Computed(
                "CASE WHEN status IN ('reviewing', 'open', 'reopened') THEN accept_due_at\n    WHEN status = 'accepted' THEN answer_due_at END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "is_on_wall",
            sa.Boolean(),
            sa.Computed(
                "NOT is_confidential AND status IN ('open', 'accepted', 'waiting', 'answered', 'closed', 'reopened')",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(channel = 'proxy') = (entered_by IS NOT NULL)", name=op.f("ck_complaint_entered_by_of_proxy")
        ),
        sa.CheckConstraint(
            "status <> 'merged' OR merged_into_id IS NOT NULL", name=op.f("ck_complaint_merged_somewhere")
        ),
        sa.CheckConstraint(
            "status IN ('checking', 'reviewing', 'open', 'accepted', 'waiting', 'answered', 'closed', 'reopened', 'merged', 'rejected', 'withdrawn')",
            name=op.f("ck_complaint_status_8a20fa"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('answered', 'closed') OR answer IS NOT NULL", name=op.f("ck_complaint_answered_with_words")
        ),
        sa.CheckConstraint("(answer IS NULL) = (outcome IS NULL)", name=op.f("ck_complaint_outcome_of_answer")),
        sa.CheckConstraint("(entered_by IS NULL) = (consent IS NULL)", name=op.f("ck_complaint_consent_of_proxy")),
        sa.CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_complaint_location_whole")),
        sa.CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name=op.f("ck_complaint_body_length")),
        sa.CheckConstraint("char_length(place) BETWEEN 1 AND 100", name=op.f("ck_complaint_place_length")),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 60", name=op.f("ck_complaint_title_length")),
        sa.CheckConstraint("echo_id IS NULL OR answer IS NOT NULL", name=op.f("ck_complaint_echo_of_answer")),
        sa.CheckConstraint("joins >= 0", name=op.f("ck_complaint_joins_not_negative")),
        sa.CheckConstraint(
            "longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90", name=op.f("ck_complaint_location_range")
        ),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_complaint_merged_into_another")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_complaint_area_id")),
        sa.ForeignKeyConstraint(["category"], ["complaint_category.code"], name=op.f("fk_complaint_category")),
        sa.ForeignKeyConstraint(["entered_by"], ["user.id"], name=op.f("fk_complaint_entered_by")),
        sa.ForeignKeyConstraint(["handler_id"], ["area.id"], name=op.f("fk_complaint_handler_id")),
        sa.ForeignKeyConstraint(["leader_id"], ["user.id"], name=op.f("fk_complaint_leader_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["complaint.id"], name=op.f("fk_complaint_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("number", name=op.f("uq_complaint_number")),
    )
    op.create_index(
        "ix_complaint_category_id",
        "complaint",
        ["category", "id"],
        unique=False,
        postgresql_where=sa.text("is_on_wall"),
    )
    op.create_index(
        "ix_complaint_due", "complaint", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_complaint_echo",
        "complaint",
        ["area_id", "echo_id"],
        unique=False,
        postgresql_where=sa.text("is_on_wall AND echo_id IS NOT NULL"),
    )
    op.create_index(
        "ix_complaint_handler",
        "complaint",
        ["handler_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('checking', 'reviewing', 'open', 'accepted', 'waiting', 'reopened')"),
    )
    op.create_index(
        "ix_complaint_merged_into_id",
        "complaint",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_index(
        "ix_complaint_silent",
        "complaint",
        ["answered_at"],
        unique=False,
        postgresql_where=sa.text("status = 'answered'"),
    )
    op.create_index(
        "ix_complaint_status_id", "complaint", ["status", "id"], unique=False, postgresql_where=sa.text("is_on_wall")
    )
    op.create_index(
        "ix_complaint_unanswered",
        "complaint",
        ["area_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("is_on_wall AND status IN ('open', 'accepted', 'waiting', 'reopened')"),
    )
    op.create_index(
        "ix_complaint_wall", "complaint", ["area_id", "id"], unique=False, postgresql_where=sa.text("is_on_wall")
    )
    op.create_index(
        "ix_complaint_wall_category",
        "complaint",
        ["area_id", "category", "id"],
        unique=False,
        postgresql_where=sa.text("is_on_wall"),
    )
    op.create_index(
        "ix_complaint_wall_status",
        "complaint",
        ["area_id", "status", "id"],
        unique=False,
        postgresql_where=sa.text("is_on_wall"),
    )
    op.create_index(
        "uq_complaint_echo_id", "complaint", ["echo_id"], unique=True, postgresql_where=sa.text("echo_id IS NOT NULL")
    )
    op.create_table(
        "complaint_person",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("person_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "part",
            sa.Enum("author", "joiner", name="part_535528", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("octet_length(person_hash) = 32", name=op.f("ck_complaint_person_person_hash_length")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_person_complaint_id")),
        sa.PrimaryKeyConstraint("complaint_id", "person_hash", name=op.f("pk_complaint_person")),
    )
    op.create_index(
        "ix_complaint_person_person_hash", "complaint_person", ["person_hash", "complaint_id"], unique=False
    )
    op.create_index(
        "uq_complaint_person_author",
        "complaint_person",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("part = 'author'"),
    )
    op.create_table(
        "complaint_rating",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rater_hash", sa.LargeBinary(), nullable=False),
        sa.Column("party", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("is_satisfied", sa.Boolean(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(note) BETWEEN 1 AND 500", name=op.f("ck_complaint_rating_note_length")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_rating_complaint_id")),
        sa.PrimaryKeyConstraint("complaint_id", "answered_at", "rater_hash", name=op.f("pk_complaint_rating")),
    )
    op.add_column("event", sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("event", "facts")
    op.drop_table("complaint_rating")
    op.drop_index(
        "uq_complaint_person_author", table_name="complaint_person", postgresql_where=sa.text("part = 'author'")
    )
    op.drop_index("ix_complaint_person_person_hash", table_name="complaint_person")
    op.drop_table("complaint_person")
    op.drop_index("uq_complaint_echo_id", table_name="complaint", postgresql_where=sa.text("echo_id IS NOT NULL"))
    op.drop_index("ix_complaint_wall_status", table_name="complaint", postgresql_where=sa.text("is_on_wall"))
    op.drop_index("ix_complaint_wall_category", table_name="complaint", postgresql_where=sa.text("is_on_wall"))
    op.drop_index("ix_complaint_wall", table_name="complaint", postgresql_where=sa.text("is_on_wall"))
    op.drop_index(
        "ix_complaint_unanswered",
        table_name="complaint",
        postgresql_where=sa.text("is_on_wall AND status IN ('open', 'accepted', 'waiting', 'reopened')"),
    )
    op.drop_index("ix_complaint_status_id", table_name="complaint", postgresql_where=sa.text("is_on_wall"))
    op.drop_index("ix_complaint_silent", table_name="complaint", postgresql_where=sa.text("status = 'answered'"))
    op.drop_index(
        "ix_complaint_merged_into_id", table_name="complaint", postgresql_where=sa.text("merged_into_id IS NOT NULL")
    )
    op.drop_index(
        "ix_complaint_handler",
        table_name="complaint",
        postgresql_where=sa.text("status IN ('checking', 'reviewing', 'open', 'accepted', 'waiting', 'reopened')"),
    )
    op.drop_index(
        "ix_complaint_echo", table_name="complaint", postgresql_where=sa.text("is_on_wall AND echo_id IS NOT NULL")
    )
    op.drop_index("ix_complaint_due", table_name="complaint", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index("ix_complaint_category_id", table_name="complaint", postgresql_where=sa.text("is_on_wall"))
    op.drop_table("complaint")
    op.drop_table("complaint_category")
